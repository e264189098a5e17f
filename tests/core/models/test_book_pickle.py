"""Parameter files of the book: read bit for bit in every pickle protocol, and never run."""

import io
import os
import pickle
import pickletools
import re
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models import book_pickle
from core.models.book_pickle import BookPickleError, parse_book_pickle, read_book_pickle, write_book_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def parameters(dtype=np.float16):
    """What the book's `save_params` pickles: a list of matrices and vectors."""
    rng = np.random.default_rng(5)
    shapes = [(7, 3), (3, 24), (6, 24), (24,), (1, 1), (1,)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.fixture
def read(tmp_path):
    """Read the bytes of a pickle."""

    def read_bytes(content):
        file = tmp_path / "params.pkl"
        file.write_bytes(content)
        return read_book_pickle(file)

    return read_bytes


def assert_refused(read, content, protocol, words):
    try:
        got = read(pickle.dumps(content, protocol=protocol))
    except BookPickleError as error:
        assert re.search(words, str(error)), f"in protocol {protocol}: {error}"
    else:
        pytest.fail(f"in protocol {protocol} this was read: {got}")


def assert_same(got, expected):
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()


# ------------------------------------------------------------------------------------------------ what is read


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_every_protocol_and_precision_is_read(read, protocol, dtype):
    assert_same(read(pickle.dumps(parameters(dtype), protocol=protocol)), parameters(dtype))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_memory_layout_is_read(read, protocol):
    square = np.arange(12, dtype=np.float32).reshape(3, 4)
    layouts = [square, np.asfortranarray(square), square.T, square[::2, ::-1], square[:, 1]]
    assert_same(read(pickle.dumps(layouts, protocol=protocol)), layouts)
    square.setflags(write=False)
    assert_same(read(pickle.dumps([square], protocol=protocol)), [square])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_files_of_numpy_before_version_2_are_read(read, protocol):
    content = without_frames(pickle.dumps(parameters(), protocol=protocol))
    for module in (b"multiarray", b"numeric"):
        new, old = b"numpy._core." + module, b"numpy.core." + module
        content = content.replace(new + b"\n", old + b"\n")
        content = content.replace(bytes([len(new)]) + new, bytes([len(old)]) + old)
    assert b"_core" not in content
    assert_same(read(content), parameters())


def without_frames(content):
    """Frames say how much to read at once, which is wrong after a replacement."""
    assert sum(opcode.name == "FRAME" for opcode, _, _ in pickletools.genops(content)) <= 1
    return content[:2] + content[11:] if content[2:3] == b"\x95" else content


def test_what_the_book_stores_is_read(read):
    """`params = [p.astype(np.float16) for p in self.params]`, then `pickle.dump(params, f)`."""
    stream = io.BytesIO()
    pickle.dump(parameters(np.float16), stream)
    arrays = read(stream.getvalue())
    assert_same(arrays, parameters(np.float16))
    assert not arrays[0].flags.writeable


def test_the_same_array_twice_is_read_twice_if_the_file_is_large_enough(read):
    bias, weight = np.zeros(4, np.float32), np.ones((9, 9), np.float32)
    assert_same(read(pickle.dumps([bias, weight, bias])), [bias, weight, bias])


# ----------------------------------------------------------------------------------------- what is never run


class Reduces:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class ReducesWithState:
    """Pickles as a call and a state for its result."""

    def __init__(self, function, arguments, state):
        self.call = (function, arguments, state)

    def __reduce__(self):
        return self.call


CALLS = {
    "os.system": lambda marker: Reduces(os.system, f"touch {marker}"),
    "builtins.eval": lambda marker: Reduces(eval, f"open({str(marker)!r}, 'w')"),
    "builtins.exec": lambda marker: Reduces(exec, f"open({str(marker)!r}, 'w')"),
    "builtins.open": lambda marker: Reduces(open, str(marker), "w"),
    "builtins.getattr": lambda marker: Reduces(getattr, "", "join"),
    "os.mkdir": lambda marker: Reduces(os.mkdir, str(marker)),
    "numpy.load": lambda marker: Reduces(np.load, str(marker)),
    "numpy.zeros": lambda marker: Reduces(np.zeros, 10**9),
    "numpy.memmap": lambda marker: Reduces(np.memmap, str(marker), "u1", "w+", 0, (1,)),
}


@pytest.mark.parametrize("place", ["alone", "in the list", "in a state", "as an argument"])
@pytest.mark.parametrize("call", CALLS)
def test_nothing_that_a_file_names_is_called(read, tmp_path, place, call):
    marker = tmp_path / "was-run"
    bad = CALLS[call](marker)
    content = {
        "alone": bad,
        "in the list": [*parameters(), bad],
        "in a state": [ReducesWithState(np.dtype, ("f4",), (3, bad, None, None, None, -1, -1, 0))],
        "as an argument": [Reduces(np.dtype, bad)],
    }[place]
    for protocol in PROTOCOLS:
        assert_refused(read, content, protocol, "it names")
        assert not marker.exists(), f"in protocol {protocol}"


def test_the_file_that_would_be_run_is_one_that_runs(tmp_path):
    """The pickles above are dangerous: Python's own unpickler does what they say."""
    marker = tmp_path / "was-run"
    pickle.loads(pickle.dumps([CALLS["os.system"](marker)]))
    assert marker.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "STRING"),
        (b"(cos\nsystem\nV true\no.", "instruction OBJ"),
        (b"(V true\nios\nsystem\n.", "instruction INST"),
        (b"\x80\x02cos\nsystem\n)\x81.", "instruction NEWOBJ"),
        (b"\x80\x04cos\nsystem\n))\x92.", "instruction NEWOBJ_EX"),
        (b"\x82\x01.", "instruction EXT1"),
        (b"\x84\x01\x00\x00\x00.", "instruction EXT4"),
        (b"Pid\n.", "instruction PERSID"),
        (b"\x80\x05\x97.", "instruction NEXT_BUFFER"),
        (b"cos\nsystem\n.", "names 'os.system'"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "names 'os.system'"),
        (b"c\x1b[31m" + b"x" * 10_000 + b"\ny\n.", r"names '\\x1b\[31mx+';"),
    ],
)
def test_other_ways_to_call_are_refused(read, content, words):
    with pytest.raises(BookPickleError, match=words) as caught:
        read(content)
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()


GLOBALS = [
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
]


@pytest.mark.parametrize(("module", "name"), GLOBALS)
@pytest.mark.parametrize("call", [b"", b")R"])
def test_attributes_of_what_stands_for_numpy_cannot_be_set(read, module, name, call):
    """BUILD with a pair sets attributes of the object below it: here `__doc__` and `arguments`."""
    stand_in = book_pickle._NOTES[module, name]
    before = dict(vars(stand_in))
    attributes = b"(" + b"V__doc__\nVforged\nVarguments\nVforged\nVfrom_now_on\nVforged\nd"
    target = f"c{module}\n{name}\n".encode() + call
    for state in (b"N" + attributes + b"\x86b", attributes + b"b", b"(VA\nVB\ntb"):
        for content in (b"](" + target + state + b"e.", target + state + b"."):
            with pytest.raises(BookPickleError):
                read(b"\x80\x02" + content)
    assert dict(vars(stand_in)) == before


# ------------------------------------------------------------------------------------------------------ bombs

DTYPE = b"cnumpy\ndtype\n(Vf4\nI00\nI01\ntR(I3\nV<\nNNNI-1\nI-1\nI0\ntb"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntc_codecs\nencode\n(Vb\nVlatin1\ntRtR"


def array_pickle(shape=b"(I2\nt", dtype=DTYPE, order=b"I00\n", data=b"B\x08\x00\x00\x00" + bytes(8), version=b"I1\n"):
    """A pickle of one array, its parts as they are given."""
    return b"(" + ARRAY + b"(" + version + shape + dtype + order + data + b"tbl."


def test_the_array_written_by_hand_is_read(read):
    assert_same(read(array_pickle()), [np.zeros(2, np.float32)])


def long1(number):
    content = pickle.encode_long(number)
    return b"\x8a" + bytes([len(content)]) + content


def many_times(data, times):
    """One text of the file as the numbers of many arrays."""
    size = len(data)
    text = b"X" + struct.pack("<I", size) + data + b"q\x01"
    encoded = b"c_codecs\nencode\n(%sVlatin1\ntR"
    shape = b"(" + long1(size // 4) + b"t"
    one = ARRAY + b"(I1\n" + shape + DTYPE + b"I00\n" + encoded + b"tb"
    return b"(" + one % text + one % b"h\x01" * (times - 1) + b"l."


BOMBS = {
    "memo index": b"]r\xff\xff\xff\x7f.",
    "memo index as text": b"]p2000000000\n.",
    "memo of 80 MB": b"]r" + struct.pack("<I", 5_000_000) + b".",
    "bytes of a terabyte": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",
    "bytearray of a terabyte": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",
    "bytearray of 8 GB": b"\x80\x05\x96" + struct.pack("<Q", 2**33) + b"x.",
    "text of 4 GB": b"X\xff\xff\xff\xff" + b"x.",
    "frame of an exabyte": b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"].",
    "shape of a terabyte": array_pickle(shape=b"(" + long1(2**38) + b"t"),
    "shape of two large numbers": array_pickle(shape=b"(I1000000000\nI1000000000\nt"),
    "shape of numbers that do not fit": array_pickle(shape=b"(" + long1(2**2000) + b"t"),
    "shape that wraps around": array_pickle(shape=b"(" + long1(2**63) + long1(2) + b"t"),
    "one text as many arrays": many_times(b"x" * 4_000_000, 40),
    "many instructions": b"(" + b"]" * 20_000 + b"l.",
    "deep tuples": b")" + b"\x85" * 200_000 + b".",
    "deep tuples within the bound": b"](" + b")" + b"\x85" * 9_000 + b"e.",
    "deep marks": b"(" * 200_000 + b"t" * 200_000 + b".",
    "a list in itself": b"]q\x00h\x00a.",
    "many references": b"](" + b")\x85q\x01" + b"h\x01h\x01\x86q\x01" * 2_000 + b"e.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_take_no_more_memory_than_the_file(read, bomb):
    tracemalloc.start()
    try:
        with pytest.raises(BookPickleError):
            read(BOMBS[bomb])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Bytes, text and array of one block of the file, and Python's own.
    assert peak < 6 * len(BOMBS[bomb]) + 4_000_000


def test_a_file_that_is_too_large_is_not_read(read, monkeypatch):
    monkeypatch.setattr(book_pickle, "MAX_BYTES", 100)
    with pytest.raises(BookPickleError, match="larger than 100 bytes"):
        read(pickle.dumps(parameters()))


# ------------------------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "EMPTY_DICT|DICT|other than a list"),
        ((), "other than a list"),
        (None, "other than a list"),
        (3, "other than a list"),
        ("text", "other than a list"),
        (np.zeros(3, np.float32), "other than a list"),
        ([np.zeros(3, np.float32), None], "other than a list of arrays"),
        ([[np.zeros(3, np.float32)]], "other than a list of arrays"),
        ([1, 2], "other than a list of arrays"),
        ([np.zeros(3, np.int64)], "dtype 'i8'; expected float16, float32 or float64"),
        ([np.zeros(3, bool)], "dtype 'b1'"),
        ([np.zeros(3, complex)], "dtype 'c16'"),
        ([np.array(["a"])], "dtype 'U1'"),
        ([np.array([None])], "dtype 'O8'|other than a list|stored as bytes|STRING"),
        ([np.zeros(3, "f4,f4")], "dtype 'V8'|DICT"),
        ([np.float32(3)], "it names 'numpy._core.multiarray.scalar'"),
        ([np.zeros((2, 2, 2), np.float32)], "one or two sizes"),
        ([np.array(1.5, np.float32)], "one or two sizes"),
        ([np.zeros((3, 0), np.float32)], "one or two sizes|it names|stored as bytes"),
        ([np.zeros((0, 3), np.float32)], "one or two sizes|it names|stored as bytes"),
        ([np.zeros(0, np.float32)], "one or two sizes|it names|stored as bytes"),
    ],
)
def test_other_contents_are_refused_with_what_was_found(read, content, words):
    for protocol in PROTOCOLS:
        assert_refused(read, content, protocol, words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shape": b"(I3\nt"}, r"sizes \[3\] has 8 bytes of float32"),
        ({"shape": b"(I-2\nt"}, "impossible shape"),
        ({"shape": b"(V2\nt"}, "impossible shape"),
        ({"shape": b"N"}, "impossible shape"),
        ({"shape": b"(t"}, "impossible shape"),
        ({"dtype": b"N"}, "no dtype"),
        ({"dtype": b"cnumpy\ndtype\n(Vf4\ntR"}, "dtype 'f4'"),
        ({"dtype": b"cnumpy\ndtype\n)R"}, "no dtype"),
        ({"dtype": DTYPE.replace(b"V<", b"V=")}, "dtype 'f4'"),
        ({"dtype": DTYPE.replace(b"Vf4", b"V" + b"f4" * 5000)}, "dtype 'f4f4f4f4f4f4f4f4f4f4'"),
        ({"data": b"N"}, "not stored as bytes"),
        ({"data": b"V12345678\n"}, "not stored as bytes"),
        ({"data": b"c_codecs\nencode\n(V12345678\nVutf-16\ntR"}, "not stored as bytes"),
        ({"data": b"c_codecs\nencode\n(V1234567\\u0394\nVlatin1\ntR"}, "not stored as bytes"),
        ({"data": b"c_codecs\nencode\n)R"}, "not stored as bytes"),
        ({"version": b""}, "stored as NumPy stores them"),
    ],
)
def test_forged_arrays_are_refused(read, changes, words):
    with pytest.raises(BookPickleError, match=words) as caught:
        read(array_pickle(**changes))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_truncated_file_is_refused_wherever_it_ends(read, protocol):
    content = pickle.dumps(parameters()[:2], protocol=protocol)
    for end in [*range(0, 60), *range(60, len(content), 7), len(content) - 1]:
        with pytest.raises(BookPickleError):
            read(content[:end])


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(content):
    _refused_or_read(content)


@given(st.sampled_from(PROTOCOLS), st.data())
def test_a_file_with_other_bytes_in_it_is_refused_or_read(protocol, data):
    content = bytearray(pickle.dumps(parameters()[3:], protocol=protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _refused_or_read(bytes(content))


def _refused_or_read(content):
    """Nothing but `BookPickleError` and arrays comes out."""
    try:
        arrays = parse_book_pickle(content)
    except BookPickleError as error:
        assert len(str(error)) < 300
        return
    assert all(isinstance(array, np.ndarray) and array.dtype.kind == "f" for array in arrays)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_book_pickle(tmp_path / "none.pkl")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("more", [b".", b"\n", bytes(1000), pickle.dumps([])])
def test_bytes_after_the_end_are_refused(read, protocol, more):
    content = pickle.dumps(parameters(), protocol=protocol)
    assert_same(read(content), parameters())
    with pytest.raises(BookPickleError, match=rf"its end is followed by {len(more)} bytes?;"):
        read(content + more)


@pytest.mark.parametrize("module", ["cupy._core.core", "cupy.core.core", "cupy"])
def test_an_array_of_cupy_is_refused_with_what_to_do(read, module):
    content = pickle.dumps([Reduces(np.ndarray, np.zeros(3, "f"))], protocol=2)
    with pytest.raises(BookPickleError, match=r"holds arrays of CuPy.*save \[cupy.asnumpy\(param\)"):
        read(content.replace(b"cnumpy\nndarray\n", f"c{module}\nndarray\n".encode(), 1))


@pytest.mark.parametrize("shape", [(True, 2), (2, True), (True,), (False, 2)])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_true_is_no_size(read, shape, protocol):
    state = (1, shape, np.dtype("f4"), False, bytes(8))
    reconstruct = np.zeros(1).__reduce__()[0]
    array = ReducesWithState(reconstruct, (np.ndarray, (0,), b"b"), state)
    with pytest.raises(BookPickleError, match="impossible shape"):
        read(pickle.dumps([array], protocol=protocol))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_written_is_what_the_book_writes(tmp_path, dtype):
    arrays = [np.asfortranarray(array.astype(dtype)) for array in parameters()]
    write_book_pickle(tmp_path / "written.pkl", arrays)
    content = (tmp_path / "written.pkl").read_bytes()
    assert_same(parse_book_pickle(content), arrays)
    assert_same(pickle.loads(content), arrays)
    named = {argument for _, argument, _ in pickletools.genops(content) if "multiarray" in str(argument)}
    assert named == {"numpy.core.multiarray _reconstruct"}, "NumPy 1 and 2 both have it"
