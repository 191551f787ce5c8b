#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::locate {

/// Where microphones are. Metres; x to the right, y ahead, z up.
using Point = Eigen::Vector3d;

/// Microphones that together find directions.
struct MicArray {
    std::string name;
    Point centre;               // bearings of this array are from here
    std::vector<int> channels;  // of the recording, from 0, one for each microphone
    std::vector<Point> mics;

    /// Number of dimensions that the microphones span: 1 on a line and 2 in a plane, either of which cannot
    /// tell its two sides apart; 3 in space.
    int dimensions() const;
    /// True if another direction in the horizontal plane looks the same as any given one: microphones on a
    /// line, or in an upright plane. The mirror is that line, seen from above.
    bool is_ambiguous() const;
    /// Greatest distance between two microphones, metres.
    double aperture() const;
};

/// One or more arrays in the same recording.
struct ArrayGeometry {
    std::string name;
    std::vector<MicArray> arrays;
    int channels = 0;                      // required of a recording
    std::optional<int> rate_hz;            // if the file gives it
    std::optional<double> speed_of_sound;  // m/s, likewise

    /// Greatest distance between the centres of two arrays, metres; 0 for one array.
    double baseline() const;
};

/// Reads the layout of earshot-formats(5), ARRAYS. `-` is standard input.
/// @throws Error naming the file, the array and what is wrong with it
ArrayGeometry read_geometry(const std::string& path);
ArrayGeometry parse_geometry(std::string_view json, const std::string& name);

}  // namespace earshot::locate
