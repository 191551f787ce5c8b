#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the ZIP format that its reader and writer share: PKWARE APPNOTE 6.3.10, section 4.
namespace earshot::npz::zip_format {

inline constexpr std::uint32_t kLocalHeader = 0x04034b50;
inline constexpr std::uint32_t kDataDescriptor = 0x08074b50;
inline constexpr std::uint32_t kCentralHeader = 0x02014b50;
inline constexpr std::uint32_t kZip64End = 0x06064b50;
inline constexpr std::uint32_t kZip64Locator = 0x07064b50;
inline constexpr std::uint32_t kEnd = 0x06054b50;

inline constexpr std::size_t kLocalHeaderBytes = 30;  // and name and extra fields after each of these
inline constexpr std::size_t kCentralHeaderBytes = 46;
inline constexpr std::size_t kZip64EndBytes = 56;
inline constexpr std::size_t kZip64LocatorBytes = 20;
inline constexpr std::size_t kEndBytes = 22;

inline constexpr std::uint16_t kVersionDeflate = 20;
inline constexpr std::uint16_t kVersionZip64 = 45;
inline constexpr std::uint16_t kMadeByUnix = 3 << 8 | 45;
inline constexpr std::uint16_t kEncrypted = 1 << 0;    // flags
inline constexpr std::uint16_t kSizesFollow = 1 << 3;  // in a data descriptor
inline constexpr std::uint16_t kStored = 0;            // methods
inline constexpr std::uint16_t kDeflated = 8;
inline constexpr std::uint16_t kTime = 0;
inline constexpr std::uint16_t kDate = 1 << 5 | 1;        // 1980-01-01
inline constexpr std::uint16_t kZip64Field = 0x0001;      // extra fields
inline constexpr std::uint16_t kAlignmentField = 0xd935;  // registered by Android's zipalign

}  // namespace earshot::npz::zip_format
