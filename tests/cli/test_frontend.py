"""The frames that datagen writes, against numpy's FFT and the definition of the bands in float64."""
import numpy
import scipy.signal

from support.sandbox import Sandbox, noise, sine, write_wav


def bands(chunk, rate, low_hz, high_hz, count):
    """sqrt(Σ share · c · |X|²) / N: each bin stands for ±half its spacing, shared by overlap (linear_bands.h)."""
    size = len(chunk)
    power = 4 * numpy.abs(numpy.fft.rfft(chunk.astype(numpy.float64))) ** 2
    power[0] /= 2
    if size % 2 == 0:
        power[-1] /= 2
    centres = numpy.arange(size // 2 + 1) * rate / size
    starts = numpy.clip(centres - rate / size / 2, 0, rate / 2)
    ends = numpy.clip(centres + rate / size / 2, 0, rate / 2)
    edges = numpy.linspace(low_hz, high_hz, count + 1)
    values = numpy.empty(count)
    for b in range(count):
        overlap = numpy.minimum(ends, edges[b + 1]) - numpy.maximum(starts, edges[b])
        values[b] = numpy.sqrt((power * numpy.clip(overlap, 0, None) / (ends - starts)).sum()) / size
    return values


class Spectrum(Sandbox):
    def frames(self, samples, rate, *options):
        """The frames of a recording, all of one class."""
        write_wav(self.dir / "in" / "audio.wav", samples, rate, "FLOAT")
        (self.dir / "in" / "labels.json").write_text('{"00:00": "sound"}')
        self.earshot("datagen", "in", "-o", "out.npz", "--force", "-q", *options)
        with numpy.load(self.dir / "out.npz", allow_pickle=False) as data:
            return data["samples"]

    def check(self, samples, rate, duration, low_hz, high_hz, count, *options):
        samples = numpy.asarray(samples, dtype=numpy.float32)
        frames = self.frames(samples, rate, "--sample-rate", rate, "--sample-duration", duration, "--low", low_hz,
                             "--high", high_hz, "--bins", count, *options)
        size = int(duration * rate + 0.5)  # Python would round 5512.5 down
        chunks = [samples[start:start + size] for start in range(0, len(samples), size)]
        if len(chunks[-1]) < size / 2:
            chunks.pop()
        self.assertEqual(frames.shape, (len(chunks), count))
        for frame, chunk in zip(frames, chunks):
            numpy.testing.assert_allclose(frame, bands(chunk, rate, low_hz, high_hz, count), rtol=1e-5)

    def test_defaults(self):
        self.check(noise(7.3, seed=1), 44100, 2, 20, 20000, 100)

    def test_rates_durations_and_bands(self):
        for seed, case in enumerate([(8000, 1, 100, 3900, 20), (16000, 0.5, 0, 8000, 7), (48000, 0.1, 50, 7800, 48),
                                     (22050, 0.25, 20, 11025, 100), (44100, 0.1001, 1000, 1010, 30),
                                     (11025, 1.37, 0, 5512.5, 1)]):
            with self.subTest(case=case):
                rate, duration, low, high, count = case
                self.check(noise(6.71 * duration, rate, seed=seed), rate, duration, low, high, count)

    def test_last_chunk_of_a_prime_number_of_samples(self):
        self.check(noise(1, 88200 + 61001, seed=3), 44100, 2, 20, 20000, 100)

    def test_tone_keeps_its_value_whatever_the_duration(self):
        for duration in (0.5, 1, 2, 3):
            frames = self.frames(sine(1000.3, 6, amplitude=0.5), 44100, "--sample-duration", duration)
            numpy.testing.assert_allclose(frames.max(axis=1), 0.5, atol=0.005)
            self.assertEqual(set(frames.argmax(axis=1)), {4})  # 819 to 1019 Hz

    def test_stereo_chunks_last_as_long_as_mono_ones(self):
        """micmon 11: its buffers ignored the channels, so that a chunk of 2 s was 1 s."""
        mono = noise(8, seed=4)
        expected = self.frames(mono, 44100)
        numpy.testing.assert_array_equal(self.frames(numpy.stack([mono, mono], axis=1), 44100), expected)


class Waveform(Sandbox):
    def frames(self, samples, rate, *options):
        write_wav(self.dir / "in" / "audio.wav", samples, rate, "FLOAT")
        (self.dir / "in" / "labels.json").write_text('{"00:00": "sound"}')
        self.earshot("datagen", "in", "-o", "out.npz", "--force", "-q", "--front-end", "waveform", "--sample-rate", rate,
                     *options)
        with numpy.load(self.dir / "out.npz", allow_pickle=False) as data:
            return data["samples"]

    def check(self, rate, window_s, hop_s, order, low_hz, high_hz, *options, level=None):
        samples = (noise(3.3, rate, 0.1, seed=order) + 0.2 + 0.3 * numpy.linspace(-1, 1, round(3.3 * rate)))
        samples = samples.astype(numpy.float32)
        frames = self.frames(samples, rate, "--frame", window_s, "--hop", hop_s, "--low", low_hz, "--high", high_hz,
                             "--set", f"order={order}", *options)
        window, hop = round(window_s * rate), round(hop_s * rate)
        starts = range(0, len(samples) - window + 1, hop)
        self.assertEqual(frames.shape, (len(starts), window))
        numerator, denominator = scipy.signal.butter(order, [low_hz, high_hz], btype="bandpass", fs=rate)
        for frame, start in zip(frames, starts):
            chunk = samples[start:start + window].astype(numpy.float64)
            expected = scipy.signal.filtfilt(numerator, denominator, chunk)
            expected -= expected.mean()
            expected *= 1 / abs(expected).max() if level is None else level
            numpy.testing.assert_allclose(frame, expected, atol=1e-4)

    def test_as_scipy_filters_edges_included(self):
        self.check(44100, 1, 1, 4, 20, 8000)
        self.check(16000, 0.5, 0.125, 2, 100, 7000)
        self.check(8000, 0.25, 0.25, 3, 300, 3400)

    def test_the_level_can_be_kept(self):
        self.check(44100, 1, 0.25, 4, 20, 8000, "--set", "level=kept", "--set", "gain_db=12", level=10 ** (12 / 20))
