#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// Work that keeps a core busy, on files that anybody can look at.
namespace ladder {

/// Draws pictures of 640 × 480 points into new folders of `where`, uncompressed (PPM),
/// and returns their paths, folder by folder. The same pictures every time. Throws
/// `std::runtime_error` when one cannot be written.
std::vector<std::string> draw_pictures(const std::string& where, std::size_t folders,
                                       std::size_t in_each);

/// Compresses such a picture into a PNG file beside it, and returns how many bytes that
/// has. Any number of threads and processes may do so at the same time, with a picture
/// each. Throws `std::runtime_error` when a file cannot be read or written.
std::size_t compress_picture(const std::string& path);

} // namespace ladder
