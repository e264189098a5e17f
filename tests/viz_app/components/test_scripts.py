"""One script from many modules: each keeps its names to itself, and what is wrong with one is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from viz_app.components import files
from viz_app.components.scripts import ScriptError, assemble

FOLDER = Path(files.__file__).parent
COMPONENTS = ["drawing", "field", "film", "inside", "page_links", "pictures", "stage"]


def assembled(folder: Path, **modules: str) -> str:
    """The script of `main`, of modules that stand in a folder."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return assemble(folder / "main.js", folder)


def test_a_module_is_a_function_that_returns_what_it_exports(tmp_path: Path) -> None:
    main = 'import { a, b } from "./other.js";\n\nfunction draw() {\n  return a + b();\n}\n\nexport default draw;\n'
    other = "export const a = 1;\nconst hidden = 2;\nexport function b() {\n  return hidden;\n}\n"
    assert assembled(tmp_path, main=main, other=other) == (
        "const other = (() => {\n"
        "const a = 1;\nconst hidden = 2;\nfunction b() {\n  return hidden;\n}\n"
        "return { a, b };\n})();\n"
        "const main = (() => {\n"
        "const { a, b } = other;\n"
        "function draw() {\n  return a + b();\n}\n\nconst $default = draw;\n"
        "return { $default };\n})();\n"
        "export default main.$default;\n"
    )


def test_what_others_need_comes_first_and_once(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.js").write_text("export const a = 1;\n")
    (tmp_path / "b.js").write_text('import { a } from "./shared/a.js";\nexport class B {\n  c = a;\n}\n')
    main = 'import {\n  a,\n} from "./shared/a.js";\nimport { B } from "./b.js";\nexport default new B(a);\n'
    script = assembled(tmp_path, main=main)
    assert re.findall(r"^const ([\w$]+) = \(\(\)", script, re.MULTILINE) == ["shared$a", "b", "main"]


def test_the_same_name_in_two_modules_is_two_things(tmp_path: Path) -> None:
    main = 'import { a } from "./other.js";\nconst hidden = 1;\nexport default a + hidden;\n'
    script = assembled(tmp_path, main=main, other="const hidden = 2;\nexport const a = hidden;\n")
    assert script.count("(() => {\n") == script.count("\n})();\n") == 2


def test_comments_that_fill_their_lines_stay_behind(tmp_path: Path) -> None:
    main = "// One.\n\n/** @type {A} */\nconst a = /** @type {B} */ (1); // Two.\n\n"
    main += '/**\n * Three.\n */\nexport default a + "//";\n'
    script = assembled(tmp_path, main=main)
    assert "One" not in script and "Three" not in script and "{A}" not in script
    assert 'const a = /** @type {B} */ (1); // Two.\n\nconst $default = a + "//";' in script


@pytest.mark.parametrize(
    ("main", "message"),
    [
        ('import { a } from "./none.js";\n', "main.js imports none.js, which is not there"),
        ('import { c, a } from "./other.js";\n', "main.js imports c from other.js, which exports a, b"),
        ('import { a } from "../other.js";\n', "which is outside of"),
        ('import { main } from "./main.js";\n', "in a circle: main.js -> main.js"),
        ('import { back } from "./back.js";\nexport const x = 1;\n', "in a circle: main.js -> back.js -> main.js"),
        ('import a from "./other.js";\n', 'cannot read this line of main.js: import a from "./other.js";'),
        ('import { a as b } from "./other.js";\n', "cannot read this line of main.js"),
        ('import { a } from "package";\n', "cannot read this line of main.js"),
        ('import "./other.js";\n', "cannot read this line of main.js"),
        ("export default function draw() {}\n", "cannot read this line of main.js: export default function draw"),
        ("const a = 1;\nexport { a };\n", "cannot read this line of main.js: export { a };"),
        ("export let a = 1;\n", "cannot read this line of main.js: export let a"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(tmp_path: Path, main: str, message: str) -> None:
    other = "export const a = 1;\nexport const b = 2;\n"
    back = 'import { x } from "./main.js";\nexport const back = x;\n'
    with pytest.raises(ScriptError, match=re.escape(message)):
        assembled(tmp_path, main=main, other=other, back=back)


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_has_a_script_that_streamlit_takes(name: str) -> None:
    script = assemble(FOLDER / name / f"{name}.js", FOLDER)
    assert script.endswith(f"\nexport default {name}${name}.$default;\n")
    # Of one line it would be taken for a path.
    assert script.count("\n") > 1
    scopes = re.findall(r"^const ([\w$]+) = \(\(\) => \{$", script, re.MULTILINE)
    assert len(scopes) == len(set(scopes))
    assert re.findall(r"^(?:import|export)\b", script, re.MULTILINE) == ["export"]


def test_every_module_is_in_a_component() -> None:
    entries = [FOLDER / name / f"{name}.js" for name in COMPONENTS]
    scripts = "".join(assemble(entry, FOLDER) for entry in entries)
    # A payload's module holds types alone.
    modules = [module for module in sorted(FOLDER.rglob("*.js")) if module.name != "payload.js"]
    scopes = ["$".join(module.relative_to(FOLDER).with_suffix("").parts) for module in modules]
    assert [scope for scope in scopes if f"const {scope} = " not in scripts] == []
    assert len(scopes) > len(COMPONENTS)
