#include "locate/geometry.h"

#include <fmt/format.h>

#include <Eigen/SVD>
#include <algorithm>
#include <set>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::locate {
namespace {

using nlohmann::json;

constexpr double kClosest_m = 0.001;   // between two microphones; closer is a mistake
constexpr double kFarthest_m = 100.0;  // from the origin; farther means millimetres instead of metres
constexpr int kMaxChannels = 256;
constexpr std::size_t kMaxMics = 32;  // of one array: pairs grow with the square
constexpr std::size_t kMaxFileBytes = 1 << 20;

/// One array of the file; errors begin with its place.
class ArrayReader {
 public:
    ArrayReader(const json& node, std::string where) : node_(node), where_(std::move(where)) {}

    MicArray read(std::size_t number) const {
        if (!node_.is_object()) fail("expected an object with mics and channels");
        MicArray array;
        array.name = node_.contains("name") ? text("name") : fmt::format("array{}", number + 1);
        array.mics = points("mics");
        if (array.mics.size() < 2) fail("an array needs at least two microphones");
        if (array.mics.size() > kMaxMics) fail(fmt::format("more than {} microphones", kMaxMics));
        check_distances(array.mics);
        array.channels = channels(array.mics.size());
        array.centre = Point::Zero();
        for (const auto& mic : array.mics) array.centre += mic / static_cast<double>(array.mics.size());
        if (node_.contains("center")) array.centre = point(node_["center"], "center");
        return array;
    }

 private:
    [[noreturn]] void fail(const std::string& what) const { throw Error(where_ + ": " + what); }

    std::string text(const char* key) const {
        if (!node_[key].is_string()) fail(fmt::format("{} is not text", key));
        return node_[key].get<std::string>();
    }

    Point point(const json& value, const std::string& what) const {
        const bool good = value.is_array() && value.size() == 3 &&
                          std::ranges::all_of(value, [](const json& number) { return number.is_number(); });
        if (!good) fail(fmt::format("{} is not three numbers, [x, y, z] in metres", what));
        const Point read{value[0].get<double>(), value[1].get<double>(), value[2].get<double>()};
        if (!read.allFinite() || read.cwiseAbs().maxCoeff() > kFarthest_m) {
            fail(fmt::format("{} is more than {} m away (positions are in metres)", what, kFarthest_m));
        }
        return read;
    }

    std::vector<Point> points(const char* key) const {
        if (!node_.contains(key) || !node_[key].is_array()) {
            fail(fmt::format("no list '{}' of positions (write [[x, y, z], ...], in metres)", key));
        }
        std::vector<Point> read;
        for (const auto& value : node_[key]) {
            read.push_back(point(value, fmt::format("microphone {}", read.size() + 1)));
        }
        return read;
    }

    void check_distances(const std::vector<Point>& mics) const {
        for (std::size_t i = 0; i < mics.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if ((mics[i] - mics[j]).norm() >= kClosest_m) continue;
                fail(fmt::format("microphones {} and {} are at the same place", j + 1, i + 1));
            }
        }
    }

    std::vector<int> channels(std::size_t mics) const {
        if (!node_.contains("channels") || !node_["channels"].is_array()) {
            fail("no list 'channels' (write the channel of each microphone, from 0)");
        }
        std::vector<int> read;
        for (const auto& value : node_["channels"]) {
            if (!value.is_number_integer() || value < 0 || value >= kMaxChannels) {
                fail(fmt::format("{} is not a channel from 0 to {}", value.dump(), kMaxChannels - 1));
            }
            read.push_back(value.get<int>());
        }
        if (read.size() != mics) fail(fmt::format("{} microphones, but {} channels", mics, read.size()));
        return read;
    }

    const json& node_;
    std::string where_;
};

/// A number in (0, max], if the file has it.
std::optional<double> positive(const json& file, const char* key, double max, const std::string& name) {
    if (!file.contains(key)) return {};
    const auto& value = file[key];
    if (value.is_number() && value > 0 && value <= max) return value.get<double>();
    throw Error(fmt::format("{}: {} is {}, not a number above 0 and up to {}", name, key, value.dump(), max));
}

/// How far points spread along their principal axes, greatest first, metres.
Eigen::Vector3d spread(const std::vector<Point>& points) {
    Eigen::Matrix3Xd at(3, static_cast<Eigen::Index>(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i) at.col(static_cast<Eigen::Index>(i)) = points[i];
    at.colwise() -= at.rowwise().mean().eval();
    Eigen::Vector3d axes = Eigen::Vector3d::Zero();
    const Eigen::VectorXd found = Eigen::JacobiSVD<Eigen::Matrix3Xd>(at).singularValues();
    axes.head(std::min<Eigen::Index>(3, found.size())) = found.head(std::min<Eigen::Index>(3, found.size()));
    return axes;
}

// A spread below this fraction of the greatest counts as zero: a tenth of a millimetre in an array of
// centimetres.
constexpr double kFlat = 0.01;

}  // namespace

int MicArray::dimensions() const {
    const auto axes = spread(mics);
    return static_cast<int>((axes.array() > kFlat * axes[0]).count());
}

bool MicArray::is_ambiguous() const {
    auto flat = mics;
    for (auto& mic : flat) mic.z() = 0;
    const auto axes = spread(flat);
    return axes[1] <= kFlat * axes[0];
}

double MicArray::aperture() const {
    double widest = 0;
    for (std::size_t i = 0; i < mics.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) widest = std::max(widest, (mics[i] - mics[j]).norm());
    }
    return widest;
}

double ArrayGeometry::baseline() const {
    double widest = 0;
    for (const auto& a : arrays) {
        for (const auto& b : arrays) widest = std::max(widest, (a.centre - b.centre).norm());
    }
    return widest;
}

ArrayGeometry parse_geometry(std::string_view text, const std::string& name) {
    const auto file = parse_json<json>(text, name);
    if (!file.is_object() || !file.contains("arrays") || !file["arrays"].is_array() ||
        file["arrays"].empty()) {
        throw Error(name + ": no list 'arrays' (see earshot-formats(5), ARRAYS)");
    }
    ArrayGeometry geometry;
    geometry.name = name;
    std::set<int> used;
    for (std::size_t i = 0; i < file["arrays"].size(); ++i) {
        const auto where = fmt::format("{}: array {}", name, i + 1);
        geometry.arrays.push_back(ArrayReader(file["arrays"][i], where).read(i));
        for (const int channel : geometry.arrays.back().channels) {
            if (!used.insert(channel).second) {
                throw Error(fmt::format("{}: channel {} is named twice", where, channel));
            }
        }
    }
    if (const auto rate = positive(file, "fs", 1'536'000, name)) geometry.rate_hz = static_cast<int>(*rate);
    geometry.speed_of_sound = positive(file, "speed_of_sound", 10'000, name);
    geometry.channels = *used.rbegin() + 1;
    if (const auto channels = positive(file, "channels", kMaxChannels, name)) {
        if (*channels < geometry.channels) {
            throw Error(fmt::format("{}: channel {} is used, but channels is {} (they count from 0)", name,
                                    geometry.channels - 1, *channels));
        }
        geometry.channels = static_cast<int>(*channels);
    }
    if (geometry.arrays.size() > 1 && geometry.baseline() < kClosest_m) {
        throw Error(fmt::format("{}: all arrays have the same center", name));
    }
    return geometry;
}

ArrayGeometry read_geometry(const std::string& path) {
    return parse_geometry(read_text(path, kMaxFileBytes), path);
}

}  // namespace earshot::locate
