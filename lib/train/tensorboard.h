#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace earshot::train {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of some bytes.
std::uint32_t crc32c(std::string_view bytes);

/// An event file as TensorBoard and other trackers of experiments read it: TFRecords (a length, its checksum,
/// the bytes, their checksum) of serialised `Event` messages. Every call leaves the file readable.
class TensorBoardFile {
 public:
    /// Makes `directory`, and in it a file whose name has the time and the host, as TensorBoard wants it.
    /// @throws Error if it cannot be made
    explicit TensorBoardFile(const std::string& directory);

    /// A point of a curve. @throws Error if it cannot be written
    void scalar(std::string_view tag, std::int64_t step, double value);

    /// A curve of precision over recall, by as many thresholds from 0 to 1 as kThresholds.
    void precision_recall(std::string_view tag, std::int64_t step, std::span<const float> scores,
                          std::span<const bool> positive);

    static constexpr int kThresholds = 101;

 private:
    void write(const std::string& event);

    std::string path_;
    std::ofstream file_;
};

}  // namespace earshot::train
