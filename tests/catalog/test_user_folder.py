"""A user's own folder of models: it adds and overrides, and a wrong file is refused with its place."""

from __future__ import annotations

import pytest

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.core.errors import InputError

BRIDGE = "controllers/pci-bridge"


def refusal(folder, read=lambda catalog: catalog.controller("pci-bridge")):
    with pytest.raises(InputError) as refused:
        read(load_catalog(folder))
    return refused.value


def test_a_file_overrides_by_name(copied):
    folder = copied(BRIDGE, "slots = [1, 31]", "slots = [0, 31]")
    assert load_catalog(folder).controller("pci-bridge").min_slot == 0
    assert load_catalog(folder).controller("pci-root").min_slot == 1
    assert load_catalog().controller("pci-bridge").min_slot == 1


def test_a_file_adds(copied):
    folder = copied("machines/q35", 'names = ["q35", "pc-q35-*"]', 'names = ["cloud"]')
    path = folder / "machines/q35.toml"
    text = path.read_text(encoding="utf-8").replace('family = "q35"', 'family = "cloud"')
    path.rename(path.with_name("cloud.toml")).write_text(text, encoding="utf-8")
    catalog = load_catalog(folder)
    assert catalog.machine("x86_64", "cloud").family == "cloud"
    assert catalog.machine("x86_64", "q35").family == "q35"
    assert len(catalog.machines()) == len(load_catalog().machines()) + 1


def test_the_shipped_catalog_is_read_once_per_version():
    assert load_catalog() is load_catalog()
    assert load_catalog() is not load_catalog(None, (9, 0, 0))


def test_a_wrong_file_is_said_whatever_is_asked_for(copied):
    with pytest.raises(InputError):
        load_catalog(copied(BRIDGE, "slots", "slotz"))


def test_nothing_that_is_shipped_is_parsed_before_it_is_asked_for():
    catalog = Catalog(load_catalog().folders, (12, 8, 0))
    assert catalog._parsed == {}


@pytest.mark.parametrize(
    ("old", "new", "message", "expected", "line", "column"),
    [
        ("automatic = true", "automatik = true", 'unknown key "automatik"', '"automatic"', 9, 1),
        ("automatic = true\n", "", 'the key "automatic" is missing', "", 1, 1),
        ("slots = [1, 31]", "slots = [1, 31]\nsolts = 3", 'unknown key "solts"; did you mean "slots"?', "", 9, 1),
        ("automatic = true", "automatic = 1", '"automatic" has the wrong type', "true or false", 9, 1),
        ('bus = "conventional"', "bus = 3", '"bus" has the wrong type', "a string", 6, 1),
        (
            'accepts = ["conventional", "pci-bridge"]',
            'accepts = ["conventionl"]',
            '"accepts" has the unknown word "conventionl"; did you mean "conventional"?',
            "",
            7,
            1,
        ),
        ("slots = [1, 31]", "slots = [1, 32]", '"slots" has a wrong value', "a list of whole numbers, 0 to 31", 8, 1),
        ("slots = [1, 31]", "slots = [3, 2]", '"slots" has a wrong value', "[lowest, highest]", 8, 1),
        ("guest_buses = 1", "guest_buses = -1", '"guest_buses" is out of range', "0 to 2", 15, 1),
        ('since = "0"', 'since = "new"', '"since" is not a version', 'such as "9.3.0", or "0" for always', 4, 1),
        (
            'name = "pci-bridge"',
            'name = "bridge"',
            '"name" has the unknown word "bridge"; did you mean "pci-bridge"?',
            "",
            1,
            1,
        ),
        (
            "machines = []",
            'machines = ["q36"]',
            '"machines" has the unknown word "q36"; did you mean "q35"?',
            "",
            18,
            1,
        ),
        ("machines = []", "machines = [3]", '"machines" has the wrong type', "a list of strings", 18, 1),
        ("maximum = 255", "maximum = 0", '"maximum" is below "minimum"', "", 23, 1),
        (
            'default = "index"',
            'default = "indx"',
            '"default" has the unknown word "indx"; did you mean "index"?',
            "",
            24,
            1,
        ),
        ('rule = "target-memreserve"', "", 'the key "rule" is missing', "", 27, 21),
        ("root = false", "root = ", "not TOML: Invalid value", "", 5, 8),
    ],
)
def test_a_wrong_file_is_refused_where_it_is_wrong(copied, old, new, message, expected, line, column):
    folder = copied(BRIDGE, old, new)
    error = refusal(folder)
    assert (error.message, error.expected) == (message, expected)
    assert error.location is not None
    assert error.location == (str(folder / "controllers/pci-bridge.toml"), line, column)


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "place"),
    [
        ("machines/q35", 'gap = "pcie', 'gap = "pci', '"gap" has the unknown word "pci-root-port"', "gap = "),
        ("machines/q35", 'gap = "pcie-root-port"\n', "", 'the key "gap" is missing', "family = "),
        ("machines/q35", "{ flat = 1,", "{ flt = 1,", 'unknown key "flt"', "flt = 1"),
        ("machines/q35", "slot = 0x1f\nfunction = 3", "slot = 32\nfunction = 3", '"slot" is out of range', "slot = 32"),
        ("machines/q35", '{ model = "ich9" }', "{ model = 9 }", '"model" has the wrong type', "model = 9"),
        ("machines/q35", '"sound"', '"sond"', '"element" has the unknown word "sond"', 'element = "sond"'),
        ("machines/arm-virt", 'since = "9.3.0" }]', 'since = "x" }]', '"since" is not a version', 'since = "x"'),
        ("machines/arm-virt", 'since = "11.9', 'sinc = "11.9', 'unknown key "sinc"', 'sinc = "11.9'),
        ("devices/disk", '"virtio"\nrule', '"virtual"\nrule', '"needs" has the unknown word', 'needs = "virtual"'),
        ("devices/disk", 'name = "other-disk"\n', "", 'the key "name" is missing', '\nneeds = ""\nrule = "dev-disk"'),
        (
            "machines/arm-virt",
            'default_for = [{ arch = "aarch64"',
            'default_for = [3, { arch = "aarch64"',
            '"default_for" has',
            "default_for",
        ),
        (
            "machines/arm-virt",
            "default_for = [",
            "default_for = 3 # [",
            '"default_for" has the wrong type',
            "default_for",
        ),
        ("machines/q35", "default_usb = [", "default_usb = 3 # [", '"default_usb" has the wrong type', "default_usb"),
        ("machines/q35", '["x86_64", "i686"]', "[]", '"arches" is empty', "arches = []"),
        ("platforms/vmd", "bridges = true", "bridges = 1", '"bridges" has the wrong type', "bridges = 1"),
        ("platforms/vmd", "domains = ", "domain = ", 'unknown key "domain"', "domain = "),
    ],
)
def test_the_place_within_a_file(copied, name, old, new, message, place):
    folder = copied(name, old, new)
    error = refusal(folder, lambda catalog: (catalog.machines(), catalog.devices(), catalog.platforms()))
    assert error.message.startswith(message)
    assert error.location is not None
    lines = (folder / f"{name}.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    pointed = "".join(lines[error.location.line - 1 :])[error.location.column - 1 :]
    assert pointed.startswith(place)


def test_a_file_that_is_not_text(copied):
    folder = copied(BRIDGE, "root", "root")
    path = folder / "controllers/pci-bridge.toml"
    path.write_bytes(b'name = "pci-bridge"\nsummary = "\xff"\n')
    error = refusal(folder)
    assert (error.message, error.location) == ("not UTF-8 text", (str(path), 2, 12))


def test_a_file_without_end_is_refused(copied):
    path = copied(BRIDGE, "root", "root") / "controllers/pci-bridge.toml"
    with path.open("r+b") as stream:
        stream.truncate(1 << 30)
    assert "larger than 1 MiB" in refusal(path.parents[1]).message


def test_nesting_without_end_is_refused(copied):
    path = copied(BRIDGE, "root", "root") / "controllers/pci-bridge.toml"
    path.write_text("x = " + "[" * 100_000, encoding="utf-8")
    assert refusal(path.parents[1]).message.startswith("not TOML")


def test_a_folder_of_the_wrong_shape_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "missing").message
    (tmp_path / "controler").mkdir()
    assert 'unknown folder "controler"; did you mean "controllers"?' in refusal(tmp_path).message
    (tmp_path / "controler").rename(tmp_path / ".git")
    (tmp_path / "README.md").touch()
    assert load_catalog(tmp_path).controller("pci-bridge") is not None
    (tmp_path / "pci-bridge.toml").touch()
    assert "belongs in one of the folders" in refusal(tmp_path).message
