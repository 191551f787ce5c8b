#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataset/recording.h"
#include "npz/npz.h"

namespace earshot::dataset {

// Pieces of reading a dataset NPZ, for readers that differ in what they keep of it. All throw Error for what
// is inconsistent, before taking memory that a hostile header asks for.

/// @throws Error unless the array has one dimension, of `rows` unless that is nothing
void check_rows(const npz::NpzReader& npz, std::string_view array, std::optional<std::size_t> rows);

/// D, the numbers of a frame. Checks that all columns have as many rows as there are frames.
std::size_t read_dimension(const npz::NpzReader& npz);

/// The array `classes`, a block at a time; each is -1 or a number that may have a name.
void stream_classes(const npz::NpzReader& npz,
                    const std::function<void(std::span<const std::int64_t>)>& sink);

/// All that is not a column. @param highest  class that occurs, -1 for none
void read_info(const npz::NpzReader& npz, std::int64_t highest, RecordingInfo& info);

/// RecordingInfo::file.
std::string source_file_of(const npz::NpzReader& npz);

std::optional<std::string> content_hash_of(const npz::NpzReader& npz);

}  // namespace earshot::dataset
