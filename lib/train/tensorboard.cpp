#include "train/tensorboard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <vector>

#include "support/error.h"

namespace earshot::train {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they are in memory");

template <class T>
std::string bytes_of(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; }

/// Builds a protocol buffer (protobuf.dev, Encoding): fields by number, in any order.
class Message {
 public:
    Message& number(int field, std::int64_t value) {
        key(field, 0);
        varint(static_cast<std::uint64_t>(value));
        return *this;
    }
    Message& real(int field, double value) {
        key(field, 1);
        bytes_ += bytes_of(value);
        return *this;
    }
    Message& small_real(int field, float value) {
        key(field, 5);
        bytes_ += bytes_of(value);
        return *this;
    }
    Message& text(int field, std::string_view value) {
        key(field, 2);
        varint(value.size());
        bytes_ += value;
        return *this;
    }
    Message& message(int field, const Message& value) { return text(field, value.bytes_); }
    const std::string& bytes() const { return bytes_; }

 private:
    void key(int field, int wire_type) { varint(static_cast<std::uint64_t>(field << 3 | wire_type)); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

double now_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// tensorflow/core/util/event.proto: wall_time 1, step 2, file_version 3, summary 5 { value 1 }.
Message event() { return std::move(Message().real(1, now_s())); }
std::string event_with(std::int64_t step, const Message& value) {
    return event().number(2, step).message(5, Message().message(1, value)).bytes();
}

std::string file_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return fmt::format("events.out.tfevents.{}.{}.{}.earshot", static_cast<std::int64_t>(now_s()),
                       host.data(), ::getpid());
}

/// The data for TensorBoard's curve plugin: rows of true and false positives, true and false negatives,
/// precision and recall.
std::vector<float> counts_at_thresholds(std::span<const float> scores, std::span<const bool> positive) {
    constexpr auto steps = static_cast<std::size_t>(TensorBoardFile::kThresholds);
    std::vector<float> rows(6 * steps);
    for (std::size_t t = 0; t < steps; ++t) {
        const double threshold = static_cast<double>(t) / (steps - 1);
        std::array<std::uint64_t, 4> counts{};  // tp, fp, tn, fn
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const bool detected = static_cast<double>(scores[i]) >= threshold;
            ++counts[detected ? (positive[i] ? 0 : 1) : (positive[i] ? 3 : 2)];
        }
        const auto share = [&](std::uint64_t part, std::uint64_t rest) {
            return part == 0
                       ? 0.0F
                       : static_cast<float>(static_cast<double>(part) / static_cast<double>(part + rest));
        };
        for (std::size_t k = 0; k < 4; ++k) rows[k * steps + t] = static_cast<float>(counts[k]);
        rows[4 * steps + t] = share(counts[0], counts[1]);
        rows[5 * steps + t] = share(counts[0], counts[3]);
    }
    return rows;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            std::uint32_t crc = i;
            for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
            entries[i] = crc;
        }
        return entries;
    }();
    std::uint32_t crc = ~0U;
    for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff];
    return ~crc;
}

TensorBoardFile::TensorBoardFile(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw Error(fmt::format("{}: {}", directory, error.message()));
    path_ = (std::filesystem::path(directory) / file_name()).string();
    file_.open(path_, std::ios::binary);
    write(event().text(3, "brain.Event:2").bytes());
}

void TensorBoardFile::write(const std::string& event) {
    const std::string length = bytes_of(static_cast<std::uint64_t>(event.size()));
    file_ << length << bytes_of(masked_crc(length)) << event << bytes_of(masked_crc(event)) << std::flush;
    if (!file_) throw Error(fmt::format("{}: cannot be written: {}", path_, std::strerror(errno)));
}

void TensorBoardFile::scalar(std::string_view tag, std::int64_t step, double value) {
    write(event_with(step, Message().text(1, tag).small_real(2, static_cast<float>(value))));
}

void TensorBoardFile::precision_recall(std::string_view tag, std::int64_t step, std::span<const float> scores,
                                       std::span<const bool> positive) {
    const auto rows = counts_at_thresholds(scores, positive);
    const Message plugin =
        Message().text(1, "pr_curves").message(2, Message().number(1, 0).number(2, kThresholds));
    const Message shape =
        Message().message(2, Message().number(1, 6)).message(2, Message().number(1, kThresholds));
    constexpr int kFloat = 1, kTensor = 2;  // DT_FLOAT, DATA_CLASS_TENSOR
    const Message tensor = Message().number(1, kFloat).message(2, shape).text(
        4, {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float)});
    write(event_with(step, Message()
                               .text(1, tag)
                               .message(9, Message().message(1, plugin).number(4, kTensor))
                               .message(8, tensor)));
}

}  // namespace earshot::train
