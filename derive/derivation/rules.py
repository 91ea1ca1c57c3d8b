r"""The theorems a derivation may use: each with a name, a statement in words and in LaTeX, and where it is proved."""

from __future__ import annotations

from resolvent.derive.derivation.step import Rule

DEFINITION = Rule(
    "definition by a transform",
    "The law is given through its transform.",
)
R_TRANSFORM = Rule(
    "R-transform",
    "R(G(z)) + 1/G(z) = z, G = -m",
    "Voiculescu, J. Funct. Anal. 66 (1986); Speicher 2009, section 3",
    r"$R(G(z)) + 1/G(z) = z$ with $G = -m$.",
)
S_TRANSFORM = Rule(
    "S-transform",
    "S(u) = chi(u) (1+u)/u at u = -(1 + z m), chi(u) = 1/z",
    "Voiculescu, J. Operator Theory 18 (1987), section 2",
    r"$S(u) = \chi(u)(1+u)/u$ at $u = -(1 + z m)$, where $\chi(u) = 1/z$.",
)
FINITE_MEASURE = Rule(
    "finite measure",
    "m(z) = sum_i w_i/(a_i - z)",
    "definition of the Stieltjes transform",
    r"$m(z) = \sum_i w_i/(a_i - z)$.",
)
FREENESS = Rule(
    "asymptotic freeness",
    "Assumed of the model; a theorem for independent unitarily invariant matrices.",
    "Voiculescu, Invent. Math. 104 (1991); Mingo, Speicher 2017, chapter 4",
)
DOMAIN = Rule("domain", "A condition on the parameters.")
ALGEBRAIC_NUMBER = Rule(
    "algebraic number",
    "A number in the place of a parameter is eliminated with its minimal polynomial over Q.",
)
ROUNDING = Rule("rounding", "A number that is not known to be algebraic stands for its first digits.")
FREE_SUM = Rule(
    "free sum",
    "R_{A+B}(g) = R_A(g) + R_B(g); equivalently m_A(x) = m_B(y) = m with x + y = z - 1/m",
    "Voiculescu, J. Funct. Anal. 66 (1986); Speicher 2009, section 3",
    r"$R_{A+B} = R_A + R_B$; equivalently $m_A(\omega_A) = m_B(\omega_B) = m(z)$ with "
    r"$\omega_A + \omega_B = z - 1/m(z)$.",
)
FREE_PRODUCT = Rule(
    "free product",
    "S_{AB}(u) = S_A(u) S_B(u); equivalently x y = z (1+u)/u, where 1 + x m_A(x) = 1 + y m_B(y) = 1 + z m = -u",
    "Voiculescu, J. Operator Theory 18 (1987)",
    r"$S_{AB} = S_A S_B$; equivalently $\omega_A m_A(\omega_A) = \omega_B m_B(\omega_B) = z\,m(z)$ with "
    r"$\omega_A\,\omega_B = z^2 m/(1 + z m)$.",
)
FREE_POWER = Rule(
    "free additive power",
    "R -> t R; equivalently m_A(x) = m with x = (z - (t-1)/m)/t",
    "Nica, Speicher, Amer. J. Math. 118 (1996)",
    r"$R \mapsto t R$; equivalently $m_A\bigl((z + (1-t)(-1/m))/t\bigr) = m$.",
)
COMPRESSION = Rule(
    "free compression",
    "R(g) -> R(t g); equivalently m_A(x) = t m with x = z - (1/t - 1)/m",
    "Nica, Speicher, Amer. J. Math. 118 (1996)",
    r"$R(g) \mapsto R(t g)$; equivalently $m_A\bigl(z - (1/t - 1)/m\bigr) = t\,m$.",
)
MULTIPLICATIVE_POWER = Rule(
    "free multiplicative power",
    "S -> S^s; equivalently x^s (u/(1+u))^(s-1) = z at the same u",
    "Belinschi, Bercovici, Int. Math. Res. Not. (2005)",
    r"$S \mapsto S^s$; equivalently $z = \omega^s (u/(1+u))^{s-1}$ at the same $u$.",
)
AFFINE_MAP = Rule(
    "affine map",
    "m_{aA+b}(z) = m_A((z - b)/a)/a",
    "partial fractions under the integral",
    r"$m_{aA+b}(z) = \frac1a\, m_A\bigl(\frac{z-b}{a}\bigr)$.",
)
MOBIUS_MAP = Rule(
    "Moebius map",
    "For y = (ax+b)/(cx+d): m_Y(z) = c/(a-cz) + (ad-bc)/(a-cz)^2 m_A((dz-b)/(a-cz))",
    "partial fractions under the integral",
    r"For $y = \frac{ax+b}{cx+d}$: "
    r"$m_Y(z) = \frac{c}{a-cz} + \frac{ad-bc}{(a-cz)^2}\, m_A\bigl(\frac{dz-b}{a-cz}\bigr)$.",
)
OUTSIDE_SUPPORT = Rule(
    "point outside the support",
    "m is real and analytic there; its value is the root of P(z0, m) that the continued branch reaches.",
)
MATRIX_POWER = Rule(
    "power",
    "z m_{A^k}(z) = (1/k) sum_j T(e^{2 pi i j/k} w), T(w) = w m_A(w), w^k = z",
    "partial fractions",
    r"$z\,m_{A^k}(z) = \frac1k \sum_{j=1}^{k} T(e^{2\pi i j/k} w)$, $T(w) = w\,m_A(w)$, $w^k = z$.",
)
SYMMETRIC_ROOT = Rule(
    "symmetric root",
    "rho(x) = |x| rho_M(x^2), so m(z) = z m_M(z^2)",
    "change of variables",
    r"$\rho(x) = |x|\,\rho_M(x^2)$, so $m(z) = z\,m_M(z^2)$.",
)
COMPANION = Rule(
    "companion",
    "m_{X^T X}(z) = c m_{X X^T}(z) - (1-c)/z, X of size p x n, c = p/n",
    "equal non-zero spectra",
    r"$m_{X^\top X}(z) = c\,m_{XX^\top}(z) - (1-c)/z$, $X$ of size $p \times n$, $c = p/n$.",
)
DIRECT_SUM = Rule(
    "direct sum",
    "m_{diag(A,B)} = w m_A + (1-w) m_B",
    "additivity of the trace",
    r"$m_{\mathrm{diag}(A,B)} = w\,m_A + (1-w)\,m_B$.",
)
SAMPLE_COVARIANCE = Rule(
    "sample covariance",
    "m(z) = m_A(z/b)/b with b = 1 - c - c z m(z)",
    "Marchenko, Pastur 1967; Silverstein, J. Multivariate Anal. 55 (1995), Theorem 1.1",
    r"$m(z) = m_A(z/b)/b$ with $b = 1 - c - c z\,m(z)$.",
)
INFORMATION_PLUS_NOISE = Rule(
    "information plus noise",
    "m = b m_A(b^2 z - b s(1-c)), b = 1 + s c m",
    "Dozier, Silverstein, J. Multivariate Anal. 98 (2007), Theorem 1.1",
    r"$m = b\,m_A\bigl(b^2 z - b s(1-c)\bigr)$, $b = 1 + s c\,m$.",
)
RECTANGULAR_SUM = Rule(
    "rectangular free sum",
    "The rectangular R-transforms add: u_A(h) + u_B(h) = u(h), h = w (1+u)(1+cu), u = -(1 + z m), w = 1/z",
    "Benaych-Georges, Probab. Theory Relat. Fields 144 (2009), section 3",
    r"$u_A(h) + u_B(h) = u(h)$, $h = w(1+u)(1+cu)$, $u = -(1+zm)$, $w = 1/z$.",
)
PHYSICAL_FACTOR = Rule(
    "physical factor",
    "The eliminated polynomial vanishes on the physical branch, so exactly one irreducible factor does. A factor "
    "that differs from zero on the first exact moments is excluded.",
)
CYCLE_WEIGHTS = Rule(
    "definition by cycle weights",
    "The ensemble is given through the weights of the cycles in its walks, w(t) = sum_j w_j t^j.",
    latex=r"The ensemble is given through the weights of the cycles in its walks, $w(t) = \sum_j w_j t^j$.",
)
GRAPH_EXPANSION = Rule(
    "moments from graphs",
    "m_k = r_0^(1-k) P_k, P_k = sum over the admissible graphs of prod_l r_l^(k - v_l) prod_cycles w_j; "
    "v_l vertices of colour l, w_j for a cycle with j vertices of each colour",
    "Pennington, Worah, NeurIPS 2017; Benaych-Georges, Probab. Theory Relat. Fields 144 (2009)",
    r"$m_k = r_0^{1-k} P_k$, $P_k = \sum_G \prod_l r_l^{k - v_l} \prod_{\mathrm{cycles}} w_j$ over the admissible "
    r"graphs, $v_l$ vertices of colour $l$, $w_j$ for a cycle with $j$ vertices of each colour.",
)
ROOT_CYCLE = Rule(
    "decomposition at the root",
    "The cycle of the first edge has j vertices of each colour l, and at each of them hangs an admissible graph, a "
    "factor P_l = 1 + r_l (P - 1): P = 1 + w(h), w(h) = sum_j w_j h^j, h = t P_0 ... P_(L-1)",
    "Pennington, Worah, NeurIPS 2017",
    r"The cycle of the first edge has $j$ vertices of each colour $l$, and at each of them hangs an admissible "
    r"graph, a factor $P_l = 1 + r_l (P - 1)$: $P = 1 + w(h)$, $w(h) = \sum_j w_j h^j$, "
    r"$h = t P_0 \cdots P_{L-1}$.",
)
GRAPH_TRANSFORM = Rule(
    "generating function and transform",
    "At t = 1/(r_0 z): -z m(z) = P_0 = 1 + r_0 (P(t) - 1)",
    "the moments, summed",
    r"At $t = 1/(r_0 z)$: $-z\,m(z) = P_0 = 1 + r_0 (P(t) - 1)$.",
)
ACTIVATION_CONSTANTS = Rule(
    "constants of an activation",
    "eta = E f(s xi)^2, zeta = (E xi f(s xi))^2 = (s E f'(s xi))^2, xi ~ N(0, 1), s = sigma_w sigma_x",
    "Pennington, Worah, NeurIPS 2017",
    r"$\eta = \mathbb{E} f(s\xi)^2$, $\zeta = (\mathbb{E}\, \xi f(s\xi))^2 = (s\, \mathbb{E} f'(s\xi))^2$, "
    r"$\xi \sim N(0, 1)$, $s = \sigma_w \sigma_x$.",
)
BINOMIAL_MOMENTS = Rule(
    "moments of a classical sum",
    "E (x + y)^n = sum_(k=0..n) binom(n, k) E x^(n-k) E y^k for independent x and y: a hypergeometric sum, "
    "m_n = w sum_k F(n, k) for n >= 1",
    "binomial theorem",
    r"$\mathbb{E}(x+y)^n = \sum_{k=0}^{n} \binom{n}{k}\, \mathbb{E}x^{n-k}\, \mathbb{E}y^k$ for independent $x$, $y$: "
    r"a hypergeometric sum, $m_n = w \sum_k F(n, k)$ for $n \geq 1$.",
)
HYPERGEOMETRIC_MOMENTS = Rule(
    "moments as a hypergeometric sum",
    "m_n = w sum_(k=0..n) F(n, k) for n >= 1, m_0 = 1; F is given by its quotients in n and in k",
    latex=r"$m_n = w \sum_{k=0}^{n} F(n, k)$ for $n \geq 1$, $m_0 = 1$; $F$ is given by its quotients.",
)
CREATIVE_TELESCOPING = Rule(
    "creative telescoping",
    "sum_j p_j(n) F(n+j, k) = G(n, k+1) - G(n, k) with G = R F, summed over k; R is the certificate",
    "Zeilberger, J. Symb. Comput. 11 (1991) 195-204",
    r"$\sum_j p_j(n) F(n+j, k) = G(n, k+1) - G(n, k)$ with $G = R F$, summed over $k$; $R$ is the certificate.",
)
GUESSED_RECURRENCE = Rule(
    "recurrence from terms",
    "A recurrence that holds on all terms that were computed, more of them than it has unknowns.",
)
GUESSED_EQUATION = Rule(
    "equation from terms",
    "A polynomial that vanishes on all terms that were computed, more of them than it has unknowns.",
)
GIVEN_MOMENTS = Rule("given moments", "The first moments, as typed in by the user.")
STIELTJES_ODE = Rule(
    "equation of the transform",
    "m(z) = -sum_n m_n z^(-n-1): n acts on z^(-n-1) as -(theta+1), theta = z d/dz, and the shift of n as z",
    "Salvy, Zimmermann, ACM Trans. Math. Softw. 20 (1994) 163-177",
    r"$m(z) = -\sum_n m_n z^{-n-1}$: $n$ acts on $z^{-n-1}$ as $-(\theta+1)$, $\theta = z\,d/dz$, and the shift of $n$ "
    r"as $z$.",
)
DENSITY_ODE = Rule(
    "equation of the density",
    "rho = Im m(x + i0)/pi satisfies the homogeneous equation that m satisfies up to a polynomial.",
    latex=r"$\rho = \frac1\pi \mathrm{Im}\, m(x + i0)$ satisfies the homogeneous equation that $m$ satisfies up to a "
    r"polynomial.",
)
HYPERGEOMETRIC_FORM = Rule(
    "hypergeometric form",
    "y = w (p_0 F(f) + p_1 F'(f)), F = 2F1(a, b; c; .): substituted into the equation, both components vanish.",
    latex=r"$y = w\,(p_0 F(f) + p_1 F'(f))$, $F = {}_2F_1(a, b; c; \cdot)$: substituted into the equation, both "
    r"components vanish.",
)
TRANSFORM_FORM = Rule(
    "transform in closed form",
    "m = r + kappa w (p_0 F(f) + p_1 F'(f)), r rational, f(oo) = 0: both parts solve the equation of m, and the series "
    "at infinity agree up to the largest exponent; f takes no value of the cut [1, oo) off the real line.",
    latex=r"$m = r + \kappa\, w\,(p_0 F(f) + p_1 F'(f))$, $r$ rational, $f(\infty) = 0$: both parts solve the equation "
    r"of $m$, and the series at infinity agree up to the largest exponent; $f$ takes no value of the cut "
    r"$[1, \infty)$ off the real line.",
)
JUMP_ACROSS_THE_CUT = Rule(
    "jump across the cut",
    "rho = Im m(x + i0)/pi, where f > 1, from 2F1(a, b; c; u + i0) - 2F1(a, b; c; u - i0) = 2 pi i Gamma(c)/(Gamma(a) "
    "Gamma(b) Gamma(d+1)) (u-1)^d 2F1(c-a, c-b; d+1; 1-u), d = c-a-b. It is a multiple of the form of the density: the "
    "power series agree up to the largest exponent at an end of each interval.",
    "DLMF 15.2.3",
    r"$\rho = \frac1\pi \mathrm{Im}\, m(x + i0)$, where $f > 1$, from ${}_2F_1(a, b; c; u + i0) - "
    r"{}_2F_1(a, b; c; u - i0) = \frac{2\pi i\, \Gamma(c)}{\Gamma(a)\Gamma(b)\Gamma(d+1)} (u-1)^d\, "
    r"{}_2F_1(c-a, c-b; d+1; 1-u)$, $d = c-a-b$. It is a multiple of the form of the density: the power series agree "
    r"up to the largest exponent at an end of each interval.",
)
IDENTIFIED_CONSTANT = Rule(
    "identified constant",
    "The density is a constant times the solution; the constant is a rational number times a power of pi, read off "
    "from values of the density.",
)
ALGEBRAIC_ODE = Rule(
    "equation of an algebraic function",
    "m' = -P_z/P_m and all further derivatives lie in Q(z)[m]/P, of dimension deg P, so they are dependent.",
    "Comtet, Enseign. Math. 10 (1964) 267-270",
    r"$m' = -P_z/P_m$ and all further derivatives lie in $\mathbb{Q}(z)[m]/P$, of dimension $\deg_m P$, so they are "
    r"dependent.",
)
GIVEN_EQUATION = Rule(
    "given equation",
    "An equation and the first moments of its branch, as typed in by the user.",
)
EQUILIBRIUM = Rule(
    "one-cut equilibrium measure",
    "G(z) = V'(z)/2 - h(z) sqrt(z^2 - b^2), h the polynomial part of V'(z)/(2 sqrt(z^2 - b^2)), b from G ~ 1/z",
    "Deift 1999, section 6.7; Brezin, Itzykson, Parisi, Zuber 1978",
    r"$G(z) = \tfrac12 V'(z) - h(z)\sqrt{z^2 - b^2}$, $h$ the polynomial part of "
    r"$V'(z)/(2\sqrt{z^2-b^2})$, $b$ from $G \sim 1/z$.",
)
ELIMINATION = Rule(
    "elimination",
    "The resultant of two relations vanishes where they have a common solution.",
    "von zur Gathen, Gerhard, Modern Computer Algebra, section 6.2",
)
TENSOR_LAW = Rule(
    "tensor law",
    "The eigenvalues of H(lambda_1, ..., lambda_r), lambda_i independent with the given laws: the matrices that the "
    "variables stand for act on different factors of a tensor product. m(z) = E (1/k) tr (H - z)^-1",
    "simultaneous diagonalisation of the factors",
    r"$m(z) = \mathbb{E}\, \frac1k \mathrm{tr}\,(H(\lambda_1, \ldots, \lambda_r) - z)^{-1}$, $\lambda_i$ independent.",
)
RESOLVENT_TRACE = Rule(
    "trace of the resolvent",
    "tr (H - z)^-1 = -chi'(z)/chi(z), chi(z) = det(z - H)",
    "logarithmic derivative of chi",
    r"$\mathrm{tr}\,(H - z)^{-1} = -\chi'(z)/\chi(z)$, $\chi(z) = \det(z - H)$.",
)
TENSOR_MOMENTS = Rule(
    "moments of a tensor law",
    "m_d = (1/k) E tr H^d, a polynomial in the factors' moments; tr H^d from chi by Newton's identities",
    "independence",
    r"$m_d = \frac1k \mathbb{E}\, \mathrm{tr}\, H^d$, a polynomial in the factors' moments.",
)
LINEAR_FISHER = Rule(
    "Fisher information of a linear network",
    "F = K^T K with K = [W_2 x I, I x W_1^T] and K K^T = W_2 W_2^T x I + I x W_1^T W_1, for E x x^T = I",
    "Pennington, Worah, NeurIPS 2018, for equal widths",
    r"$F = K^\top K$ with $K = [W_2 \otimes I,\ I \otimes W_1^\top]$ and "
    r"$K K^\top = W_2 W_2^\top \otimes I + I \otimes W_1^\top W_1$, for $\mathbb{E}\, x x^\top = I$.",
)
FISHER_PAIRS = Rule(
    "pairs of singular vectors",
    "With W_2 = sum_i s_i u_i v_i^T and W_1 = sum_j t_j p_j q_j^T the span of (v_i x q_j, 0) and (0, u_i x p_j) is "
    "invariant under diag(alpha, beta) + zeta K^T K, which acts there as [[alpha + zeta s_i^2, zeta s_i t_j], "
    "[zeta s_i t_j, beta + zeta t_j^2]], similar to H(s_i^2, t_j^2)",
    "singular value decomposition",
    r"With $W_2 = \sum_i s_i u_i v_i^\top$, $W_1 = \sum_j t_j p_j q_j^\top$, the span of $(v_i \otimes q_j, 0)$ and "
    r"$(0, u_i \otimes p_j)$ is invariant under $\mathrm{diag}(\alpha, \beta) + \zeta K^\top K$, which acts there as a "
    r"matrix similar to $H(s_i^2, t_j^2)$.",
)
ACTIVATION_SLOPE = Rule(
    "mean squared slope of an activation",
    "eta_prime = E (d/dxi f(s xi))^2, xi ~ N(0, 1), s = sigma_w sigma_x",
    "Pennington, Worah, NeurIPS 2018",
    r"$\eta' = \mathbb{E} \bigl(\tfrac{d}{d\xi} f(s\xi)\bigr)^2$, $\xi \sim N(0, 1)$, $s = \sigma_w \sigma_x$.",
)
