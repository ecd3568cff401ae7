#include "pictures.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace ladder {

namespace fs = std::filesystem;
namespace zlib = boost::beast::zlib;

namespace {

constexpr std::uint32_t width = 640, height = 480;
constexpr std::size_t row_size = 3 * std::size_t{width};
constexpr int hard = 9; // of zlib's levels

std::string head_of_ppm() {
    return fmt::format("P6\n{} {}\n255\n", width, height);
}

/// Waves in a few colours: neither all alike, which is no work, nor noise.
std::string draw(double seed) {
    std::string points;
    points.reserve(row_size * height);
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x)
            for (const double colour : {1.0, 1.7, 2.9}) {
                const double wave = std::sin(x * colour / 37 + seed * y / 50) *
                                    std::cos(y * colour / 23 - seed);
                points += static_cast<char>(128 + 15 * std::lround(8 * wave));
            }
    return points;
}

void write(const std::string& path, std::string_view content) {
    std::ofstream file{path, std::ios::binary};
    if (!file.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
        throw std::runtime_error{path + " cannot be written"};
}

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0})
        bytes += static_cast<char>(number >> shift);
    return bytes;
}

/// Two sums, of the bytes and of those sums (RFC 1950).
std::uint32_t adler32(std::string_view bytes) {
    std::uint32_t one = 1, two = 0;
    for (const char byte : bytes) {
        one = (one + static_cast<unsigned char>(byte)) % 65'521;
        two = (two + one) % 65'521;
    }
    return two << 16 | one;
}

/// A zlib stream (RFC 1950), as PNG wants it.
std::string compress(std::string_view bytes) {
    zlib::deflate_stream stream;
    stream.reset(hard, 15, 8, zlib::Strategy::normal);
    std::string out(stream.upper_bound(bytes.size()) + 64, '\0');
    zlib::z_params work{};
    work.next_in = bytes.data();
    work.avail_in = bytes.size();
    work.next_out = out.data();
    work.avail_out = out.size();
    boost::system::error_code error;
    stream.write(work, zlib::Flush::finish, error);
    if (error != zlib::error::end_of_stream)
        throw std::runtime_error{"deflate: " + error.message()};
    out.resize(work.total_out);
    return "\x78\xda" + out + big_endian(adler32(bytes));
}

/// A part of a PNG file: its length, its name, what is in it, and a checksum.
std::string chunk(const std::string& name, const std::string& content) {
    boost::crc_32_type sum;
    sum.process_bytes(name.data(), name.size());
    sum.process_bytes(content.data(), content.size());
    return big_endian(static_cast<std::uint32_t>(content.size())) + name + content +
           big_endian(sum.checksum());
}

} // namespace

std::vector<std::string> draw_pictures(const std::string& where, std::size_t folders,
                                       std::size_t in_each) {
    std::vector<std::string> paths;
    for (std::size_t folder = 0; folder < folders; ++folder) {
        const std::string name = fmt::format("{}/folder_{}", where, folder + 1);
        fs::create_directories(name);
        for (std::size_t i = 0; i < in_each; ++i) {
            paths.push_back(fmt::format("{}/picture_{}.ppm", name, i + 1));
            write(paths.back(), head_of_ppm() + draw(static_cast<double>(paths.size())));
        }
    }
    return paths;
}

std::size_t compress_picture(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string ppm{std::istreambuf_iterator<char>{file}, {}};
    const std::string head = head_of_ppm();
    if (!ppm.starts_with(head) || ppm.size() != head.size() + row_size * height)
        throw std::runtime_error{path + " is no picture of ours"};

    std::string rows; // each begins with the number of a filter; 0 is none
    for (std::size_t y = 0; y < height; ++y)
        rows += '\0' + ppm.substr(head.size() + y * row_size, row_size);
    const std::string eight_bits_of_red_green_blue{"\x08\x02\0\0\0", 5};
    const std::string png = "\x89PNG\r\n\x1a\n" +
                            chunk("IHDR", big_endian(width) + big_endian(height) +
                                              eight_bits_of_red_green_blue) +
                            chunk("IDAT", compress(rows)) + chunk("IEND", {});
    write(fs::path{path}.replace_extension("png"), png);
    return png.size();
}

} // namespace ladder
