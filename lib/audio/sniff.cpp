#include "audio/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace earshot::audio {
namespace {

struct Signature {
    std::size_t offset;
    std::string_view bytes;
    std::size_t offset2;  // a second signature that must match as well, if any
    std::string_view bytes2;
    Container container;
};

using std::string_view_literals::operator""sv;

constexpr std::array kSignatures{
    Signature{0, "RIFF"sv, 8, "WAVE"sv, Container::pcm},
    Signature{0, "RIFX"sv, 8, "WAVE"sv, Container::pcm},
    Signature{0, "RF64"sv, 8, "WAVE"sv, Container::pcm},
    Signature{0, "BW64"sv, 8, "WAVE"sv, Container::other},
    Signature{0, "riff\x2e\x91\xcf\x11"sv, 24, "wave"sv, Container::pcm},  // W64
    Signature{0, "FORM"sv, 8, "AIF"sv, Container::pcm},
    Signature{0, ".snd"sv, 0, ""sv, Container::pcm},
    Signature{0, "caff"sv, 0, ""sv, Container::pcm},
    Signature{0, "fLaC"sv, 0, ""sv, Container::flac},
    Signature{0, "OggS"sv, 0, ""sv, Container::ogg},
    Signature{0, "ID3"sv, 0, ""sv, Container::mpeg},
    Signature{0, "RIFF"sv, 8, "AVI "sv, Container::other},
    Signature{4, "ftypavif"sv, 0, ""sv, Container::not_audio},  // pictures in MP4 containers
    Signature{4, "ftypheic"sv, 0, ""sv, Container::not_audio},
    Signature{4, "ftypmif1"sv, 0, ""sv, Container::not_audio},
    Signature{4, "ftyp"sv, 0, ""sv, Container::other},
    Signature{0, "\x1a\x45\xdf\xa3"sv, 0, ""sv, Container::other},                  // Matroska, WebM
    Signature{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, 0, ""sv, Container::other},  // ASF: WMA
    Signature{0, "wvpk"sv, 0, ""sv, Container::other},
    Signature{0, "MAC "sv, 0, ""sv, Container::other},
    Signature{0, "TTA1"sv, 0, ""sv, Container::other},
    Signature{0, "#!AMR"sv, 0, ""sv, Container::other},
    Signature{0, "FLV\x01"sv, 0, ""sv, Container::other},
    Signature{0, "ADIF"sv, 0, ""sv, Container::other},
    Signature{0, "PK\x03\x04"sv, 0, ""sv, Container::not_audio},
    Signature{0, "\x89PNG"sv, 0, ""sv, Container::not_audio},
    Signature{0, "\xff\xd8\xff"sv, 0, ""sv, Container::not_audio},  // JPEG
    Signature{0, "GIF8"sv, 0, ""sv, Container::not_audio},
    Signature{0, "%PDF"sv, 0, ""sv, Container::not_audio},
    Signature{0,
              "\x7f"
              "ELF"sv,
              0, ""sv, Container::not_audio},
    Signature{0, "\x1f\x8b"sv, 0, ""sv, Container::not_audio},  // gzip
};

bool stands_at(std::string_view head, std::size_t offset, std::string_view bytes) {
    return head.size() >= offset + bytes.size() && head.substr(offset, bytes.size()) == bytes;
}

/// An MPEG audio or ADTS frame header (ISO 11172-3, 2.4.1.3; ISO 13818-7, 6.2): sync word and no forbidden
/// field.
bool is_mpeg_frame(std::string_view head) {
    if (head.size() < 4) return false;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
    if (byte(0) != 0xff || (byte(1) & 0xe0) != 0xe0) return false;
    const int version = byte(1) >> 3 & 3;
    const int layer = byte(1) >> 1 & 3;
    if (layer == 0) return (byte(1) & 0xf0) == 0xf0 && (byte(2) >> 2 & 15) < 13;  // ADTS: 13 known rates
    return version != 1 && (byte(2) >> 4) != 15 && (byte(2) >> 2 & 3) != 3;
}

/// Plain text: no audio starts with this many printable characters.
bool is_text(std::string_view head) {
    return std::ranges::all_of(
               head, [](unsigned char c) { return c >= 0x80 || std::isprint(c) || std::isspace(c); }) &&
           std::ranges::any_of(head, [](unsigned char c) { return c < 0x80; });
}

}  // namespace

Container sniff(std::span<const std::byte> bytes) {
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const auto& signature : kSignatures) {
        if (stands_at(head, signature.offset, signature.bytes) &&
            stands_at(head, signature.offset2, signature.bytes2))
            return signature.container;
    }
    if (is_mpeg_frame(head)) return Container::mpeg;
    return is_text(head) ? Container::not_audio : Container::unknown;
}

}  // namespace earshot::audio
