// Runs pytest inside Pyodide: node node.mjs RUNTIME REPOSITORY FOLDER_OF_WHEELS ARGUMENTS_OF_PYTEST...
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [runtime, repository, wheels, ...words] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.join(runtime, "pyodide.mjs")).href);
const python = await loadPyodide();
for (const wheel of fs.readdirSync(wheels)) {
  const bytes = new Uint8Array(fs.readFileSync(path.join(wheels, wheel)));
  python.unpackArchive(bytes, "wheel", { extractDir: "/lib/python3.14/site-packages" });
}
python.FS.mkdir("/repository");
python.mountNodeFS("/repository", repository);
python.globals.set("words", python.toPy(words));
process.exit(await python.runPythonAsync(`
import importlib, os, sys
importlib.invalidate_caches()
sys.dont_write_bytecode = True
sys.path.insert(0, "/repository")
os.chdir("/repository")
import pytest
int(pytest.main(words))
`));
