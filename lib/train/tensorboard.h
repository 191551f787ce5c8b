#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace earshot::train {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of some bytes.
std::uint32_t crc32c(std::string_view bytes);

/// An event file for TensorBoard and other experiment trackers: serialised `Event` messages as TFRecords
/// (length, its checksum, bytes, their checksum). The file is readable after every call.
class TensorBoardFile {
 public:
    /// Creates `directory`, and in it a file with time and host in its name, as TensorBoard expects.
    /// @throws Error if it cannot be created
    explicit TensorBoardFile(const std::string& directory);

    /// Adds a point to a curve. @throws Error if it cannot be written
    void scalar(std::string_view tag, std::int64_t step, double value);

    /// Adds a curve of precision over recall at kThresholds thresholds from 0 to 1.
    void precision_recall(std::string_view tag, std::int64_t step, std::span<const float> scores,
                          std::span<const bool> positive);

    static constexpr int kThresholds = 101;

 private:
    void write(const std::string& event);

    std::string path_;
    std::ofstream file_;
};

}  // namespace earshot::train
