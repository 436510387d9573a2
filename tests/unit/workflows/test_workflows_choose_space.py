"""The space of a search is what was asked for, without what the data cannot tell apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.core.dataset import ColumnKind, Dataset
from automl.errors import RequestError, SpaceError
from automl.spaces.library import find_space
from automl.spaces.nodes import Choice, Fixed
from automl.workflows.choose_space import choose_space, read_space
from automl.workflows.fit_space import fit_to


def dataset(*, kinds, values, lowest_sr=None):
    frame = pd.DataFrame(dict.fromkeys(kinds, values))
    y = np.arange(len(values)) % 2
    return Dataset("d", frame, kinds, y, ("a", "b"), "f", lowest_sr=lowest_sr)


NUMBERS = dataset(kinds={"x": ColumnKind.NUMERIC}, values=[1.0, 2.0, 3.0, 4.0])
HOLES = dataset(kinds={"x": ColumnKind.NUMERIC}, values=[1.0, np.nan, 3.0, 4.0])
WORDS = dataset(kinds={"x": ColumnKind.CATEGORICAL}, values=["u", "v", "u", "v"])
SOUNDS = dataset(kinds={"x": ColumnKind.SOUND}, values=["u.wav"] * 4, lowest_sr=8000)


def packaged(name):
    return read_space(find_space(name, folder=Path("/")))


def stage(space, name):
    return next((s for s in space.stages if s.name == name), None)


def test_a_stage_for_columns_the_data_lacks_is_dropped():
    assert stage(fit_to(packaged("tabular"), NUMBERS), "encode") is None
    assert stage(fit_to(packaged("tabular"), WORDS), "encode") is not None
    assert stage(fit_to(packaged("audio"), NUMBERS), "sound_features") is None


def test_imputing_is_searched_only_where_values_are_missing():
    settled = stage(fit_to(packaged("tabular"), NUMBERS), "impute")
    assert list(settled.options) == ["median"]
    assert all(isinstance(p.node, Fixed) for p in settled.options["median"])
    assert len(stage(fit_to(packaged("tabular"), HOLES), "impute").options) == 3


def test_no_sample_rate_above_the_lowest_of_the_data_is_searched():
    found = stage(fit_to(packaged("audio"), SOUNDS), "sound_features")
    (rate,) = [p.node for p in found.options["mfcc"] if p.name == "sr"]
    assert rate in (Fixed(8000), Choice((8000,), 8000))


@pytest.mark.parametrize(("data", "name"), [(NUMBERS, "tabular"), (SOUNDS, "audio")])
def test_the_default_space_suits_the_columns(data, name):
    assert choose_space(None, (), data).space.name == name


def test_only_the_models_asked_for_are_searched():
    assert choose_space(None, ("svm", "knn"), NUMBERS).space.families == ("knn", "svm")


def test_a_family_the_space_lacks_is_refused_with_what_it_has():
    with pytest.raises(RequestError, match="not in the space tabular_quick, which has knn"):
        choose_space("tabular_quick", ("lda",), NUMBERS)
    with pytest.raises(SpaceError, match="svmm"):
        choose_space(None, ("svmm",), NUMBERS)


def test_an_unchanged_copy_is_treated_as_packaged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "search_spaces").mkdir()
    copy = tmp_path / "search_spaces" / "tabular.toml"
    copy.write_text(find_space("tabular", folder=Path("/")).text)
    assert choose_space("tabular", (), NUMBERS).file.is_packaged
    copy.write_text(copy.read_text() + "# mine\n")
    assert not choose_space("tabular", (), NUMBERS).file.is_packaged


def sounds(n_rows, n_rare=None, **kinds):
    n_rare = n_rows // 2 if n_rare is None else n_rare
    frame = pd.DataFrame({"x": ["u.wav"] * n_rows} | {name: np.arange(float(n_rows)) for name in kinds})
    y = (np.arange(n_rows) < n_rare).astype(np.int64)
    return Dataset("d", frame, {"x": ColumnKind.SOUND} | kinds, y, ("a", "b"), "f", lowest_sr=16000)


def test_networks_are_in_the_spaces_that_are_searched_by_default():
    assert "mlp" in choose_space(None, (), NUMBERS).space.families
    assert {"mlp", "cnn"} <= set(choose_space(None, (), sounds(400)).space.families)


@pytest.mark.parametrize(
    ("data", "why"), [(sounds(199), "199 rows are few for it"), (sounds(400, 19), "19 rows of the rarest class")]
)
def test_a_family_that_the_data_cannot_carry_is_left_out_with_a_reason(data, why):
    chosen = choose_space(None, (), data)
    assert "cnn" not in chosen.space.families
    assert stage(chosen.space, "mel") is None
    assert chosen.left_out["cnn"].startswith(why)


def test_only_the_rows_that_are_searched_on_carry_a_family():
    data = sounds(400)
    assert "cnn" in choose_space(None, (), data).space.families
    assert "cnn" not in choose_space(None, (), data, rows=np.arange(100, 290)).space.families


def test_a_family_that_is_asked_for_is_searched_however_few_rows_there_are():
    assert choose_space(None, ("cnn",), SOUNDS).space.families == ("cnn",)
    assert choose_space("audio_deep", (), SOUNDS).space.families == ("cnn",)


def test_a_table_without_recordings_is_never_asked_for_a_spectrogram():
    chosen = choose_space("full", (), NUMBERS)
    assert stage(chosen.space, "mel") is None
    assert chosen.left_out["cnn"] == 'it needs an input of the kind "image", and the data has none'
    for name, models in (("full", ("cnn",)), ("audio_deep", ("cnn",))):
        with pytest.raises(SpaceError, match='"cnn" needs an input of the kind "image"'):
            choose_space(name, models, NUMBERS)


def test_a_space_of_which_nothing_suits_the_data_is_refused():
    with pytest.raises(SpaceError, match=r"nothing of .*audio_deep\.toml.* can be searched") as caught:
        choose_space("audio_deep", (), NUMBERS)
    assert caught.value.details == ('cnn: it needs an input of the kind "image", and the data has none',)


@pytest.mark.parametrize("role", ["impute", "scale"])
def test_nothing_is_done_to_the_numbers_of_a_family_that_sees_pictures_only(role):
    pictures = choose_space("full", (), sounds(400)).space
    mixed = choose_space("full", (), sounds(400, age=ColumnKind.NUMERIC)).space
    assert "cnn" not in stage(pictures, role).families
    assert "cnn" in stage(mixed, role).families
