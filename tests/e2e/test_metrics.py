"""GET /metrics, held against the real prometheus-node-exporter, and scraped by the real prometheus."""
import json
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
from support import free_port, wait_for
from test_vitals import observer  # noqa: F401 (a fixture)

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

# What moves on between two looks; everything else must be the same to the last digit.
MOVING = re.compile(r"^node_(cpu_|context_switches|forks|intr|procs_|load|memory_|pressure_|disk_|network_(receive|transmit)|"
                    r"filesystem_(avail|free|files_free)|vmstat|filefd|time_seconds)")


def parse(text):
    """Types by family, values by (name, labels)."""
    types, values = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split()
            types[family] = kind
        elif line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            key = name, tuple(sorted(LABEL.findall(labels or "")))
            assert key not in values, f"{key} twice"
            values[key] = float(value)
    return types, values


@pytest.fixture
def exporter():
    """The real node_exporter's page."""
    port = free_port()
    # Debian's default leaves out /mnt and /media, too.
    process = subprocess.Popen(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}",
                                "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys)($|/)"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return answer.read().decode()

    def answers():
        try:
            return get()
        except OSError:
            return None

    try:
        wait_for("node_exporter", answers)
        yield get
    finally:
        process.terminate()
        process.wait()


def test_the_same_as_node_exporter(observer, exporter):
    machine = observer()
    before = parse(exporter())
    ours_types, ours = parse(machine.get("/metrics"))
    after = parse(exporter())
    theirs_types, theirs = after

    compared = 0
    for (name, labels), value in ours.items():
        if not name.startswith("node_"):
            continue
        key = name, labels
        assert key in theirs, f"node_exporter has no {key}"
        compared += 1
        low, high = sorted((before[1].get(key, theirs[key]), theirs[key]))
        if not MOVING.match(name):
            assert value == theirs[key], key
        elif name.endswith("_total"):
            assert low - 1e-6 <= value <= high + 1e-6, key
        elif name == "node_memory_MemAvailable_bytes":
            assert abs(value - high) < ours["node_memory_MemTotal_bytes", ()] / 4
    assert compared > 120

    for family, kind in ours_types.items():
        if family.startswith("node_"):
            # Theirs is in the older format: counters carry their suffix, and "unknown" is "untyped".
            their_kind = theirs_types.get(family) or theirs_types[family + "_total"]
            assert {"untyped": "unknown"}.get(their_kind, their_kind) == kind, family

    # And nothing that matters is missing.
    ours_families = {name for name, _ in ours}
    for prefix in ("node_cpu_", "node_load", "node_memory_", "node_pressure_", "node_disk_", "node_filesystem_",
                   "node_network_receive", "node_network_transmit", "node_procs", "node_vmstat", "node_boot",
                   "node_uname", "node_os_info", "node_filefd", "node_context", "node_forks", "node_intr"):
        missing = {name for name, _ in theirs if name.startswith(prefix)} - ours_families
        missing -= {"node_disk_info", "node_filesystem_device_error", "node_network_receive_nohandler_total",
                    "node_network_transmit_queue_length"}
        assert not missing, missing


def test_the_form(observer):
    machine = observer()
    page = machine.get("/metrics")
    lines = page.splitlines()
    assert page.endswith("\n# EOF\n") and page.count("# EOF") == 1
    family = None
    seen = set()
    for line in lines[:-1]:
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in seen, f"{family} comes twice"
            seen.add(family)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == family
            kind = line.split()[3]
        else:
            name = SAMPLE.match(line)[1]
            assert name == family + ("_total" if kind == "counter" else ""), line
    head = subprocess.run(machine.command("/metrics", "--include"), capture_output=True, text=True, check=True).stdout
    assert "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8" in head.lower()
    assert f'hune_agent_info{{name="' in page


def test_strangers_cannot_scrape(observer):
    machine = observer()
    machine.token = "hune_nonsense"
    machine.json("/metrics", status=401)


PROMETHEUS = """
scrape_configs:
  - job_name: hune
    scrape_interval: 1s
    scheme: https
    authorization: {{credentials_file: {folder}/hune-token}}
    tls_config: {{ca_file: {folder}/hune-machines.pem, server_name: hune}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def test_prometheus_scrapes_it(observer, tmp_path):
    machine = observer()
    (tmp_path / "hune-token").write_text(machine.token)
    (tmp_path / "hune-machines.pem").write_text((machine.agent.folder / "state/machine.crt").read_text())
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS.format(folder=tmp_path, port=machine.agent.port))
    port = free_port()
    process = subprocess.Popen(["prometheus", f"--config.file={tmp_path}/prometheus.yml",
                                f"--storage.tsdb.path={tmp_path}/data",
                                f"--web.listen-address=127.0.0.1:{port}"],
                               stdout=subprocess.DEVNULL, stderr=(tmp_path / "log").open("wb"))

    def ask(query):
        words = urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{words}") as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []

    try:
        # Targets that cannot be scraped or parsed are "up 0".
        up = wait_for("a scrape", lambda: (time.sleep(0.3), ask('up{job="hune"}'))[1], seconds=60)
        last_error = (tmp_path / "log").read_text()[-2000:]
        assert up[0]["value"][1] == "1", last_error
        total, = ask("node_memory_MemTotal_bytes")
        assert float(total["value"][1]) == parse(machine.get("/metrics"))[1]["node_memory_MemTotal_bytes", ()]
        assert len(ask("node_cpu_seconds_total")) >= 8
        busy = wait_for("a rate", lambda: (time.sleep(0.3),
                                           ask('sum(rate(node_cpu_seconds_total{mode!="idle"}[10s]))'))[1], seconds=30)
        assert float(busy[0]["value"][1]) >= 0
    finally:
        process.terminate()
        process.wait()
