from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl.bundle.trusted import TRUSTED, trusted_types
from automl.pipeline import registry

PACKAGE = Path(registry.__file__).parents[1]
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "torch"}
OUR_OWN = {
    "models/_keras_file.py: load_model",  # in safe mode, after a look at its classes
    "execution/parcel.py: pickle.loads",  # what the driver wrote to a file without a name
    "pipeline/rules.py: pickle.loads",  # what the check has just pickled
}

PLUG_IN = """
from automl.pipeline.registry import ModelFamily

FAMILY = ModelFamily(name="oracle", title="oracle", params=(), build=print, trusts=("oracle.Crystal",))
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another distribution that brings the family "oracle", and one named "broken" that cannot be imported."""
    info = tmp_path / "oracle-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: oracle\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[automl.families]\noracle = oracle_family:FAMILY\nbroken = no_such_module:FAMILY\n"
    )
    (tmp_path / "oracle_family.py").write_text(PLUG_IN)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget_plug_ins()
    yield
    forget_plug_ins()


def forget_plug_ins() -> None:
    for remembered in (registry._entry_points, registry.family, registry.stage):
        remembered.cache_clear()


def test_a_plug_in_is_trusted_for_its_own_family_only(plug_in: None) -> None:
    assert "oracle.Crystal" in trusted_types({"model": "oracle"})
    assert "oracle.Crystal" not in trusted_types({"model": "knn"})


@pytest.mark.parametrize("name", ["oracle", "broken", "../oracle", None])
def test_what_is_not_installed_or_broken_adds_nothing(name: str | None) -> None:
    assert trusted_types({"model": name}) == tuple(sorted(TRUSTED))


def test_a_broken_plug_in_adds_nothing(plug_in: None) -> None:
    assert trusted_types({"model": "broken"}) == tuple(sorted(TRUSTED))


def test_the_list_holds_what_our_families_and_stages_declare() -> None:
    declared = {name for model in map(registry.family, registry.family_names()) for name in model.trusts}
    declared |= {name for stage in map(registry.stage, registry.stage_names()) for name in stage.trusts}
    assert declared <= set(TRUSTED)


def dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="eval" | "exec" as name)):
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr="load" | "loads" | "Unpickler" as name) if (
                module in UNPICKLERS
            ):
                yield f"{module}.{name}"
            case ast.ImportFrom(module=str(module), names=names) if module in UNPICKLERS:
                yield from (f"{module}.{n.name}" for n in names if n.name not in ("dump", "dumps"))
            case ast.Attribute(attr="load_model" | "read_pickle" as name):
                yield name
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle=True"


def test_nothing_in_the_package_unpickles_a_file_or_runs_text() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {danger}"
        for path in PACKAGE.rglob("*.py")
        for danger in dangers(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found <= OUR_OWN


@pytest.mark.parametrize(
    "code",
    ["import pickle\npickle.load(f)", "eval('1')", "from joblib import load", "np.load(f, allow_pickle=True)"],
)
def test_the_search_for_dangers_finds_them(code: str) -> None:
    assert list(dangers(ast.parse(code)))
