"""How the app is served: every setting is there, has its reason beside it, and exists in this Streamlit."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit import config

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".streamlit" / "config.toml"
SETTINGS = tomllib.loads(CONFIG.read_text("utf-8"))

AA, AAA = 4.5, 7.0


def options(settings: dict[str, Any], prefix: str = "") -> list[str]:
    """Every setting as Streamlit names it: theme.light.textColor."""
    names = []
    for name, value in settings.items():
        names += options(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
    return names


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "fileWatcherType", "none"),
        ("server", "maxUploadSize", 8),
        ("runner", "postScriptGC", False),
        ("client", "showErrorDetails", "none"),
        ("browser", "gatherUsageStats", False),
    ],
)
def test_the_settings_that_decide_everything(section: str, name: str, value: object) -> None:
    assert SETTINGS[section][name] == value


@pytest.mark.parametrize("option", options(SETTINGS))
def test_this_streamlit_knows_the_option(option: str) -> None:
    assert option in config.get_config_options(force_reparse=False)


def test_every_setting_has_its_reason_beside_it() -> None:
    lines = CONFIG.read_text("utf-8").splitlines()
    settings = [i for i, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    without = [lines[i] for i in settings if not lines[i - 1].startswith("#")]
    # The colours have one reason together, at the head of the theme.
    assert [line for line in without if not re.match(r'\w*Color = "#', line)] == []


def test_one_thread_for_small_products_is_decided_before_anything_loads() -> None:
    first, second, third = ast.parse((ROOT / "streamlit_app.py").read_text("utf-8")).body[:3]
    assert isinstance(first, ast.Expr)
    assert ast.unparse(second) == "import os"
    assert ast.unparse(third) == "os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')"


def test_streamlit_does_not_load_numpy_before_the_front_door_is_open() -> None:
    """Else OpenBLAS would have started its threads before it could be told not to."""
    program = "import sys, json, streamlit.web.bootstrap; print(json.dumps('numpy' in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(answer.stdout) is False


# --- Colours ----------------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it, 1 to 21."""
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_known_at_both_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_and_controls_can_be_read_on_both_grounds(theme: str, ground: str) -> None:
    colours = SETTINGS["theme"][theme]
    assert contrast(colours["textColor"], colours[ground]) >= AAA
    assert contrast(colours["linkColor"], colours[ground]) >= AA
    assert contrast(colours["primaryColor"], colours[ground]) >= AA
