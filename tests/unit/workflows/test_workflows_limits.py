"""A trial's default share of the memory is that of the machine, or of the container or batch job around it."""

import psutil
import pytest

from automl.workflows.limits import LEAST_TRIAL_MEMORY_MB, default_trial_memory_mb, machine_memory_mb

V2, V1 = "memory.max", "memory.limit_in_bytes"
UNLIMITED = {V2: "max\n", V1: "9223372036854771712\n"}


@pytest.fixture
def memory(tmp_path):
    """Machine memory in MB, with control groups made on the spot: path below the root of them -> content."""

    def measure(files, membership=None):
        for name, content in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        if membership is not None:
            (tmp_path / "membership").write_text(membership)
        return machine_memory_mb(cgroups=tmp_path / "cgroup", membership=tmp_path / "membership")

    return measure


def total_mb():
    return psutil.virtual_memory().total / 2**20


def test_without_groups_it_is_the_whole_machine(memory):
    assert memory({}) == total_mb()


@pytest.mark.parametrize("name", [V2, f"memory/{V1}"], ids=["version 2", "version 1"])
def test_the_limit_of_a_container_counts(name, memory):
    assert memory({name: "104857600\n"}) == 100


@pytest.mark.parametrize("name", [V2, f"memory/{V1}"], ids=["version 2", "version 1"])
@pytest.mark.parametrize("content", ["max\n", "", "many", "9223372036854771712\n"])
def test_a_group_without_a_limit_leaves_the_machine(name, content, memory):
    assert memory({name: content}) == total_mb()


def test_a_limit_that_cannot_be_read_is_none(memory):
    assert memory({f"{V2}/is a folder": ""}) == total_mb()


@pytest.mark.parametrize(
    ("folder", "name", "line"), [("", V2, "0::"), ("memory/", V1, "4:cpu,memory:")], ids=["version 2", "version 1"]
)
def test_the_smallest_limit_around_a_batch_job_counts(folder, name, line, memory):
    files = {f"{folder}slurm/job/{name}": UNLIMITED[name], f"{folder}slurm/{name}": f"{300 * 2**20}\n"}
    assert memory(files, f"9:pids:/other\n{line}/slurm/job\n") == 300
    assert memory({f"{folder}slurm/job/{name}": f"{200 * 2**20}\n"}) == 200


@pytest.mark.parametrize("membership", ["0::/docker/outside\n", "0::/../..\n", "no line of it\n", ""])
def test_a_path_that_is_seen_only_from_outside_does_not_hide_the_limit(membership, memory):
    assert memory({V2: "104857600\n"}, membership) == 100


def test_the_workers_share_four_fifths_of_the_machine():
    assert default_trial_memory_mb(1, machine_mb=16_000) == 12_800
    assert default_trial_memory_mb(4, machine_mb=16_000) == 3_200
    assert default_trial_memory_mb(1) == pytest.approx(0.8 * machine_memory_mb())


def test_a_small_machine_still_gives_a_worker_what_it_needs_to_start():
    assert default_trial_memory_mb(8, machine_mb=1_000) == LEAST_TRIAL_MEMORY_MB
