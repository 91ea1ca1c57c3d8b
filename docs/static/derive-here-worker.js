// Python with FLINT, SymPy and our sources, loaded with the first law.
const home = new URL("runtime/", import.meta.url).href;
const PROGRAM = `
import importlib, json, sys
importlib.invalidate_caches()
import resolvent as rv
from resolvent.writing.mathml import mathml

def answer(text):
    try:
        law = rv.parse(text)
        found = {
            "equation": f"{law.equation.expr} = 0", "latex": law.latex(), "mathml": mathml(law.latex(), display=True),
            "moments": ", ".join(map(str, law.moments(4))), "checked": bool(law.derivation.check()),
            "steps": str(law.derivation),
        }
    except rv.ResolventError as error:
        return json.dumps({"error": str(error)})
    except ModuleNotFoundError as error:
        return json.dumps({"error": f"This law needs {error.name}, which this page does not load."})
    return json.dumps({"found": found})

answer
`;
let ready = null;

async function load() {
  const files = await fetch(`${home}files.json`);
  if (!files.ok) throw new Error("missing");
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: home });
  const { archives } = await files.json();
  for (const name of archives) {
    postMessage({ status: `loading ${name} ...` });
    const bytes = new Uint8Array(await (await fetch(home + name)).arrayBuffer());
    python.unpackArchive(bytes, name.endsWith(".zip") ? "zip" : "wheel", {
      extractDir: "/lib/python3.14/site-packages",
    });
  }
  postMessage({ status: "starting SymPy ..." });
  return python.runPythonAsync(PROGRAM);
}

onmessage = async ({ data }) => {
  try {
    postMessage({ status: "loading Python (13 MB) ..." });
    ready ??= load();
    const answer = await ready;
    postMessage({ status: "deriving ..." });
    postMessage(JSON.parse(answer(data)));
  } catch (error) {
    const missing = String(error).includes("missing");
    postMessage({
      missing: missing
        ? "This copy of the site was built without the runtime (see docs/make_runtime.py)."
        : `Python could not be started: ${String(error).slice(0, 300)}`,
    });
  }
};
