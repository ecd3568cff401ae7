// What goes into an archive comes out of it, whatever it is, and of one that is cut all
// whole records stay.

#include "fetcher/warc.hpp"
#include "targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>
#include <zlib.h>

namespace ladder::fuzz {

namespace {

using namespace fetcher;
namespace fs = std::filesystem;

/// In memory, where the system has such a folder.
class own_folder {
public:
    own_folder()
        : path_(
              (fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) +
              fmt::format("/ladder_fuzz_{}", ::getpid())) {
        fs::remove_all(path_);
        fs::create_directory(path_);
    }

    ~own_folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    own_folder(const own_folder&) = delete;
    own_folder& operator=(const own_folder&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct member {
    std::uint64_t offset = 0;
    std::string text{};
};

/// Up to the first one that is not whole.
std::vector<member> members_of(const std::string& file, std::uint64_t& end) {
    std::ifstream in{file, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    std::vector<member> all;
    for (end = 0; end < bytes.size();) {
        z_stream z{};
        require(::inflateInit2(&z, 15 + 16) == Z_OK, "zlib works");
        z.next_in = reinterpret_cast<Bytef*>(bytes.data() + end);
        z.avail_in = static_cast<uInt>(bytes.size() - end);
        member one{.offset = end};
        int result = Z_OK;
        static std::string out(64 << 10, '\0');
        while (result == Z_OK) {
            z.next_out = reinterpret_cast<Bytef*>(out.data());
            z.avail_out = static_cast<uInt>(out.size());
            result = ::inflate(&z, Z_NO_FLUSH);
            one.text.append(out, 0, out.size() - z.avail_out);
        }
        ::inflateEnd(&z);
        if (result != Z_STREAM_END) return all;
        end = bytes.size() - z.avail_in;
        all.push_back(std::move(one));
    }
    return all;
}

/// A value of a record's header; fails when it is not there.
std::string_view field(std::string_view record, std::string_view name) {
    const auto header = record.substr(0, record.find("\r\n\r\n") + 2);
    const auto at = header.find(fmt::format("\r\n{}: ", name));
    require(at != header.npos, "a record has its fields");
    const auto value = header.substr(at + name.size() + 4);
    return value.substr(0, value.find("\r\n"));
}

std::string_view block(std::string_view record) {
    require(record.ends_with("\r\n\r\n"), "a record has its end");
    record.remove_prefix(std::min(record.find("\r\n\r\n") + 4, record.size()));
    record.remove_suffix(std::min<std::size_t>(4, record.size()));
    return record;
}

/// One exchange of the input: three bytes of sizes, and as many bytes.
struct said {
    std::string url, request, response, digest;
    archive_place place{};

    explicit said(std::string_view& input) {
        const auto take = [&](std::size_t most) {
            const auto taken = input.substr(0, most);
            input.remove_prefix(taken.size());
            return std::string{taken};
        };
        std::string sizes = take(3);
        sizes.resize(3);
        url = "http://a/";
        for (const char c : take(static_cast<unsigned char>(sizes[0]) % 16))
            url += static_cast<char>('!' + static_cast<unsigned char>(c) % 94);
        request = take(static_cast<unsigned char>(sizes[1]));
        const std::string piece = take(static_cast<unsigned char>(sizes[2]));
        const unsigned times = 1U << (static_cast<unsigned char>(sizes[0]) >> 4);
        for (unsigned i = 0; i < times; ++i)
            response += piece;
        digest = fmt::format("{:064x}", std::hash<std::string>{}(response));
    }

    void look_at(const member& answer, const member& asked) const {
        require(field(answer.text, "WARC-Type") == "response", "first the answer");
        require(field(answer.text, "WARC-Target-URI") == url, "of its URL");
        require(field(answer.text, "WARC-Payload-Digest") == "sha256:" + digest,
                "with its digest");
        require(field(answer.text, "Content-Length") == std::to_string(response.size()),
                "its length");
        require(block(answer.text) == response, "and its bytes");
        require(answer.offset == place.offset, "where it was said to be");
        require(field(asked.text, "WARC-Type") == "request", "then the request");
        require(field(asked.text, "WARC-Concurrent-To") ==
                    field(answer.text, "WARC-Record-ID"),
                "of that answer");
        require(field(asked.text, "Content-Length") == std::to_string(request.size()),
                "its length");
        require(block(asked.text) == request, "and its bytes");
    }
};

/// A file that ends anywhere: of what was written, all that is whole stays.
void cut(const std::string& folder, const std::string& file, std::size_t where) {
    const std::string name = folder + "/cut-0-00001.warc.gz";
    const std::string open = name + std::string{being_written};
    fs::copy_file(file, open);
    fs::resize_file(open, where % (fs::file_size(file) + 1));
    std::uint64_t whole = 0, size = 0;
    const auto before = members_of(open, whole);
    finish_archives(folder, "cut");
    require(!fs::exists(open), "it has its final name");
    require(fs::exists(name) == !before.empty(), "when there is something in it");
    if (before.empty()) return;
    require(members_of(name, size).size() == before.size(),
            "which is all that was whole");
    require(fs::file_size(name) == whole && size == whole, "and nothing else");
}

} // namespace

void warc(std::string_view input) {
    if (input.size() < 2) return;
    const own_folder folder;
    const auto limit = std::uint64_t{64} << static_cast<unsigned char>(input[0]) % 16;
    const auto end = static_cast<std::size_t>(static_cast<unsigned char>(input[1]));
    input.remove_prefix(2);
    std::vector<said> all;
    {
        warc_archive archive{folder.path(), "", "fuzz", 0, limit};
        while (!input.empty() && all.size() < 8) {
            said& one = all.emplace_back(input);
            archived_exchange x{folder.path()};
            x.url = one.url;
            x.request = one.request;
            x.payload_sha256 = one.digest;
            require(!x.response.write(one.response), "there is room");
            require(!archive.add(x, one.place), "it is written");
        }
        require(!archive.close(), "to the end");
    }
    std::string file;
    std::vector<member> members;
    std::size_t next = 0;
    const auto ended = [&] { require(next == members.size(), "nothing else is there"); };
    for (const said& one : all) {
        if (one.place.file != std::exchange(file, one.place.file)) {
            ended();
            std::uint64_t size = 0;
            const std::string path = folder.path() + '/' + file;
            members = members_of(path, size);
            require(size == fs::file_size(path), "every record is whole");
            require(!members.empty() && field(members[0].text, "WARC-Filename") == file,
                    "a file says which it is");
            next = 1;
        }
        require(next + 2 <= members.size(), "all records are there");
        one.look_at(members[next], members[next + 1]);
        next += 2;
    }
    ended();
    if (file.empty()) return;
    const std::string path = folder.path() + '/' + file;
    require(
        complaint_about_record(path, all.back().place.offset, all.back().digest).empty(),
        "verify finds a record");
    require(!complaint_about_record(path, members[next - 1].offset, "").empty(),
            "and takes nothing else for one");
    cut(folder.path(), path, end * 37);
}

} // namespace ladder::fuzz
