"""Sounds in shoebox rooms as microphones hear them: known truth for earshot locate.

The image-source method (Allen and Berkley, J. Acoust. Soc. Am. 65 (1979) 943-950) with fractional delays by a
windowed sinc, up to `order_s` after the direct sound; later than that, a room's reverberation is a decaying noise
that comes as plane waves from everywhere.
"""
import numpy

SPEED = 343.0
TAPS = 32  # of the interpolating sinc, either side


def square(centre, radius):
    """Four microphones on a circle, the first at 45 degrees."""
    angles = numpy.radians(45 + 90 * numpy.arange(4))
    return numpy.asarray(centre) + radius * numpy.stack([numpy.cos(angles), numpy.sin(angles), 0 * angles], 1)


def add_delayed(response, arrivals, gains):
    """Adds impulses at fractional sample positions to a response, each as a windowed sinc."""
    whole = numpy.floor(arrivals).astype(int)
    offsets = numpy.arange(-TAPS + 1, TAPS + 1)
    at = whole[:, None] + offsets
    x = at - arrivals[:, None]
    pulses = gains[:, None] * numpy.sinc(x) * numpy.cos(numpy.pi * x / (2 * TAPS + 1)) ** 2
    keep = (at >= 0) & (at < len(response))
    response += numpy.bincount(at[keep], pulses[keep], minlength=len(response))


def images(room, source, absorption, reach):
    """Positions of the mirror images of a source within `reach` metres, and how much the walls leave of each."""
    room, source = numpy.asarray(room), numpy.asarray(source)
    counts = numpy.ceil(reach / (2 * room)).astype(int) + 1
    grids = numpy.meshgrid(*[numpy.arange(-n, n + 1) for n in counts], indexing="ij")
    cells = numpy.stack([grid.ravel() for grid in grids], 1)
    positions, bounces = [], []
    for flip in numpy.ndindex(2, 2, 2):
        flip = numpy.array(flip)
        positions.append((1 - 2 * flip) * source + 2 * cells * room)
        bounces.append((numpy.abs(cells - flip) + numpy.abs(cells)).sum(1))
    return numpy.concatenate(positions), numpy.sqrt(1 - absorption) ** numpy.concatenate(bounces)


def responses(room, source, mics, rate, rt60_s, order_s=0.06, rng=None):
    """Impulse responses, [mics, samples], from a source to microphones; positions in metres from a corner.

    The walls' absorption is what Eyring's formula gives for rt60_s; 0 is a free field.
    """
    mics, source = numpy.asarray(mics, float), numpy.asarray(source, float)
    direct = numpy.linalg.norm(mics - source, axis=1)
    if rt60_s == 0:
        out = numpy.zeros((len(mics), round((direct.max() / SPEED) * rate) + 4 * TAPS))
        for m, distance in enumerate(direct):
            add_delayed(out[m], numpy.array([distance / SPEED * rate]), numpy.array([1 / distance]))
        return out
    lx, ly, lz = room
    surface, volume = 2 * (lx * ly + ly * lz + lx * lz), lx * ly * lz
    absorption = 1 - numpy.exp(-24 * numpy.log(10) / SPEED * volume / (surface * rt60_s))
    reach = direct.mean() + order_s * SPEED
    positions, left = images(room, source, absorption, reach)
    out = numpy.zeros((len(mics), round((direct.mean() / SPEED + rt60_s) * rate) + 4 * TAPS))
    centre_distance = numpy.linalg.norm(positions - mics.mean(0), axis=1)
    positions, left = positions[centre_distance < reach], left[centre_distance < reach]
    for m, mic in enumerate(mics):
        distance = numpy.linalg.norm(positions - mic, axis=1)
        add_delayed(out[m], distance / SPEED * rate, left / distance)
    add_tail(out, mics, reach / SPEED * rate, rate, rt60_s, rng or numpy.random.default_rng(0))
    return out


def add_tail(out, mics, begin, rate, rt60_s, rng, waves=2500):
    """Decaying plane waves from random directions from sample `begin` on, as strong as the images before it."""
    length = out.shape[1]
    window = slice(int(begin) - rate // 50, int(begin))
    level = numpy.sqrt((out[:, window] ** 2).mean())
    when = begin + rng.uniform(0, length - begin, waves)
    decay = 10 ** (-3 * (when - begin) / rate / rt60_s)
    gains = rng.standard_normal(waves) * decay * level * numpy.sqrt((length - begin) / waves)
    towards = rng.standard_normal((waves, 3))
    towards /= numpy.linalg.norm(towards, axis=1, keepdims=True)
    for m, mic in enumerate(mics - mics.mean(0)):
        add_delayed(out[m], when - towards @ mic / SPEED * rate, gains)


def diffuse_noise(mics, samples, rate, rng, waves=64):
    """White noise that comes from everywhere: many independent plane waves, [mics, samples], variance 1."""
    towards = rng.standard_normal((waves, 3))
    towards /= numpy.linalg.norm(towards, axis=1, keepdims=True)
    frequencies = numpy.fft.rfftfreq(samples, 1 / rate)
    out = numpy.zeros((len(mics), len(frequencies)), complex)
    for direction in towards:
        wave = numpy.fft.rfft(rng.standard_normal(samples)) / numpy.sqrt(waves)
        delays = -(mics - mics.mean(0)) @ direction / SPEED
        out += wave * numpy.exp(-2j * numpy.pi * delays[:, None] * frequencies)
    return numpy.fft.irfft(out, samples)


def heard(sound, response):
    """A sound through impulse responses: [mics, samples]."""
    size = sound.size + response.shape[1] - 1
    return numpy.fft.irfft(numpy.fft.rfft(sound, size) * numpy.fft.rfft(response, size), size)


def scene(geometry, room, origin, rt60_s, snr_db, events, seconds, rate, rng):
    """A recording, [mics, samples].

    geometry: metres from `origin`, which is a place in the room; events: [(onset_s, sound, position)], position
    in metres from the origin. Noise is half diffuse, half each microphone's own.
    """
    mics = numpy.concatenate([array["mics"] for array in geometry["arrays"]]) + origin
    out = numpy.zeros((len(mics), round(seconds * rate)))
    for onset_s, sound, position in events:
        response = responses(room, numpy.asarray(position) + origin, mics, rate, rt60_s, rng=rng)
        wet = heard(sound, response)
        at = round(onset_s * rate)
        part = wet[:, : out.shape[1] - at]
        out[:, at : at + part.shape[1]] += part
    active = out[0][numpy.abs(out[0]) > 0.05 * numpy.abs(out[0]).max()]
    level = numpy.sqrt((active**2).mean()) * 10 ** (-snr_db / 20)
    out += level * numpy.sqrt(0.5) * diffuse_noise(mics, out.shape[1], rate, rng)
    out += level * numpy.sqrt(0.5) * rng.standard_normal(out.shape)
    return out
