// The box of derive-here.md: a worker has Python and the exact core, so that the page answers while it works.
const box = document.getElementById("derive-here");
const [law, start, stop] = ["law", "start", "stop"].map((name) => box.querySelector(`[name=${name}]`));
const said = box.querySelector("output");
let worker = null;

function end(message) {
  worker?.terminate();
  worker = null;
  said.textContent = message;
  start.disabled = false;
  stop.disabled = true;
}

function show(found) {
  const line = (title, element) => {
    const part = document.createElement("section");
    part.append(Object.assign(document.createElement("h3"), { textContent: title }), element);
    said.append(part);
  };
  const text = (content) => Object.assign(document.createElement("pre"), { textContent: content });
  const formula = document.createElement("div");
  formula.innerHTML = found.mathml; // written by us: texts in it are escaped
  said.replaceChildren();
  line("The equation of m(z)", formula);
  line("To copy", text(`${found.equation}\n\n${found.latex}`));
  line("Moments", text(found.moments));
  line(found.checked ? "The derivation; every step was verified again" : "The derivation", text(found.steps));
}

function answer({ data }) {
  if (data.status) {
    said.textContent = data.status;
    return;
  }
  start.disabled = false;
  stop.disabled = true;
  if (data.missing) {
    end(data.missing);
  } else if (data.error) {
    said.textContent = data.error;
  } else {
    show(data.found);
  }
}

box.addEventListener("submit", (event) => {
  event.preventDefault();
  start.disabled = true;
  stop.disabled = false;
  if (worker === null) {
    worker = new Worker(new URL("derive-here-worker.js", import.meta.url), { type: "module" });
    worker.onmessage = answer;
    worker.onerror = () => end("The page cannot be run in this browser.");
  }
  worker.postMessage(law.value);
});
stop.addEventListener("click", () => end("stopped"));
