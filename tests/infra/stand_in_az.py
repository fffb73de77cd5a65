"""Stands where the Azure CLI would: notes what it is asked, and answers as a subscription that has it all.

Its neighbours in the folder are `calls.ndjson`, which it writes, and `world.json`, which says what is so.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WORLD = json.loads((FOLDER / "world.json").read_text())
arguments = sys.argv[1:]
said = " ".join(arguments)

note: dict[str, object] = {"arguments": arguments}
if "--file" in arguments:
    note["file"] = Path(arguments[arguments.index("--file") + 1]).read_text()
with (FOLDER / "calls.ndjson").open("a") as calls:
    calls.write(json.dumps(note) + "\n")

for refused in WORLD["refuses"]:
    if refused in said:
        sys.exit(f"ERROR: {refused} is refused")
for question, answer in WORLD["answers"].items():
    if question in said:
        sys.stdout.write(f"{answer}\n")
        break
