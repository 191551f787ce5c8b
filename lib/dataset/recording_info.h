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

// Parts of reading a dataset NPZ, for readers that keep different parts of it. All throw Error if something
// is inconsistent, before allocating memory that a hostile header asks for.

/// @throws Error unless the array has one dimension, and `rows` elements if given
void check_rows(const npz::NpzReader& npz, std::string_view array, std::optional<std::size_t> rows);

/// D, the numbers per frame. Checks that all columns have one row per frame.
std::size_t read_dimension(const npz::NpzReader& npz);

/// The array `classes`, one block at a time; each is -1 or a number that may have a name.
void stream_classes(const npz::NpzReader& npz,
                    const std::function<void(std::span<const std::int64_t>)>& sink);

/// Everything that is not a column. @param highest  highest class that occurs, -1 if none
void read_info(const npz::NpzReader& npz, std::int64_t highest, RecordingInfo& info);

/// RecordingInfo::file.
std::string source_file_of(const npz::NpzReader& npz);

/// RecordingInfo::recipe.
std::string recipe_of(const npz::NpzReader& npz);

/// RecordingInfo::frontend.
nlohmann::ordered_json frontend_of(const npz::NpzReader& npz);

std::optional<std::string> content_hash_of(const npz::NpzReader& npz);

}  // namespace earshot::dataset
