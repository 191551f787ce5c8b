"""NPZ files between earshot and numpy, both ways."""
import io
import json
import subprocess
import zipfile

import numpy

from support.datasets import DatasetSandbox
from support.sandbox import BUILD

DUMP = BUILD / "tests" / "npz_dump"


class Npz(DatasetSandbox):
    def dump(self, path="a.npz", status=0):
        run = subprocess.run([DUMP, path], cwd=self.dir, capture_output=True, timeout=60)
        self.assertEqual(run.returncode, status, run.stderr)
        return json.loads(run.stdout) if status == 0 else run.stderr.decode()

    def check(self, arrays):
        """Our reader sees what numpy wrote, compressed or not."""
        for save in (numpy.savez, numpy.savez_compressed):
            save(self.dir / "a.npz", **arrays)
            seen = self.dump()
            self.assertEqual(set(seen), set(arrays))
            for name, array in arrays.items():
                array = numpy.asarray(array)
                self.assertEqual(tuple(seen[name]["shape"]), array.shape)
                numpy.testing.assert_array_equal(numpy.array(seen[name]["values"], dtype=array.dtype.newbyteorder("=")),
                                                 array.ravel(), err_msg=name)

    def test_numbers_of_every_type_in_either_byte_order(self):
        random = numpy.random.default_rng(1)
        bits = random.bytes(8 * 6 * 4)
        arrays = {}
        for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "f2", "f4", "f8"):
            for order in "<>":
                values = numpy.frombuffer(bits, kind)[:24]
                if kind[0] == "f":
                    values = numpy.where(numpy.isfinite(values), values, 0).astype(kind)
                arrays[f"{kind}{'little' if order == '<' else 'big'}"] = values.astype(order + kind).reshape(2, 3, 4)
        arrays["u8"] = numpy.array([0, 2**63 - 1], "u8")
        arrays["bool"] = numpy.array([True, False, True])
        self.check(arrays)

    def test_every_half_precision_number(self):
        values = numpy.arange(65536, dtype="u2").view("f2")
        self.check({"f2": values[numpy.isfinite(values)]})

    def test_fortran_order_and_odd_shapes(self):
        cube = numpy.arange(60.).reshape(3, 4, 5)
        self.check({"fortran": numpy.asfortranarray(cube), "transposed": cube.T, "sliced": cube[::2, 1:3],
                    "scalar": numpy.float64(3), "none": numpy.zeros((0, 7)), "one": numpy.zeros((1, 1, 1)),
                    "row": numpy.asfortranarray(cube[:1, 0])})

    def test_texts(self):
        self.check({"u": numpy.array(["baby", "", "ü€👶", "x" * 300]), "big": numpy.array(["né", "b"], ">U2"),
                    "s": numpy.array("alone")})

    def test_what_numpy_writes_to_a_pipe_and_with_long_headers(self):
        # A pipe cannot be gone back in, so that sizes follow the data; version 2 headers have 32-bit lengths.
        buffer = io.BytesIO()
        numpy.lib.format.write_array(buffer, numpy.arange(3.), version=(2, 0))
        with open(self.dir / "a.npz", "wb") as file:
            file.seek = file.tell = None

            class Stream(io.RawIOBase):
                def writable(self):
                    return True

                def write(self, data):
                    return file.write(data)

            with zipfile.ZipFile(Stream(), "w") as archive:
                archive.writestr("x.npy", buffer.getvalue())
        self.assertEqual(self.dump()["x"]["values"], [0, 1, 2])

    def test_sizes_of_64_bits(self):
        with zipfile.ZipFile(self.dir / "a.npz", "w") as archive:
            with archive.open("x.npy", "w", force_zip64=True) as entry:
                numpy.lib.format.write_array(entry, numpy.arange(3.))
        self.assertEqual(self.dump()["x"]["values"], [0, 1, 2])

    def test_pickles_are_refused(self):
        numpy.savez(self.dir / "a.npz", x=numpy.array([{"a": 1}, None], dtype=object))
        self.assertEqual(self.dump(status=1), "a.npz: array 'x': elements of type '|O' are pickled Python objects, "
                                              "which are never loaded\n")

    def test_structures_complex_numbers_and_dates_are_refused(self):
        for array in (numpy.zeros(2, dtype=[("a", "f4"), ("b", "i4")]), numpy.zeros(2, "c8"),
                      numpy.zeros(2, "M8[s]"), numpy.zeros(2, "f16")):
            numpy.savez(self.dir / "a.npz", x=array)
            self.assertIn("a.npz: array 'x': ", self.dump(status=1))

    def test_other_compressions_are_refused(self):
        with zipfile.ZipFile(self.dir / "a.npz", "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("x.npy", b"x" * 1000)
        self.assertIn("compressed by method 14", self.dump(status=1))

    def test_a_bomb_takes_no_memory(self):
        with zipfile.ZipFile(self.dir / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("x.npy", "w") as entry:
                numpy.lib.format.write_array_header_1_0(entry, {"descr": "<f8", "fortran_order": False,
                                                                "shape": (2**24,)})
                for _ in range(128):
                    entry.write(bytes(2**20))
        self.assertLess((self.dir / "a.npz").stat().st_size, 200_000)
        self.assertIn("more than real frames can", self.dump(status=1))

    def test_ours_pass_the_checks_of_other_programs(self):
        self.sample("s", {"00:00": "a", "00:04": "b"})
        for words in ([], ["--store"]):
            self.datagen("s", "-o", "a.npz", "--force", *words)
            with zipfile.ZipFile(self.dir / "a.npz") as archive:
                self.assertIsNone(archive.testzip())
                self.assertEqual({entry.date_time for entry in archive.infolist()}, {(1980, 1, 1, 0, 0, 0)})
                self.assertEqual([entry.filename for entry in archive.infolist()],
                                 [f"{name}.npy" for name in ("samples", "classes", "cutoff_frequencies", "labels", "times",
                                                             "events", "labelled", "frontend", "source")])
            with numpy.load(self.dir / "a.npz", allow_pickle=False) as npz:
                for name, seen in self.dump().items():
                    numpy.testing.assert_array_equal(numpy.array(seen["values"]), npz[name].ravel())

    def test_files_without_events_too(self):
        self.sample("s", {"00:00": "a"})
        (self.dir / "s/labels.json").unlink()
        self.datagen("s", "-o", "a.npz", "--unlabelled", "keep")
        with numpy.load(self.dir / "a.npz", allow_pickle=False) as npz:
            self.assertEqual(npz["events"].shape, (0, 3))
            self.assertEqual(npz["labels"].shape, (0,))
            self.assertEqual(npz["classes"].tolist(), [-1] * 4)
