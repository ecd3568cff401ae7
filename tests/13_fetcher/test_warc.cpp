// Archives: what is in them, and what is left of them when somebody is killed.

#include "fetcher/warc.hpp"
#include "fetcher_program.hpp"
#include "job_program.hpp"
#include "raw_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <zlib.h>

using namespace ladder::fetcher::test;
using namespace ladder::fetcher;
using ladder::raw_server;
using ladder::slow_server;
using strings = std::vector<std::string>;

namespace {

/// The gzip members of a file, unpacked; fails when one is not whole.
strings members(const std::string& file) {
    std::string bytes = read_file(file);
    strings found;
    z_stream z{};
    z.next_in = reinterpret_cast<Bytef*>(bytes.data());
    z.avail_in = static_cast<uInt>(bytes.size());
    while (z.avail_in > 0) {
        REQUIRE(::inflateInit2(&z, 15 + 16) == Z_OK);
        std::string& one = found.emplace_back();
        int result = Z_OK;
        while (result == Z_OK) {
            std::string out(64 << 10, '\0');
            z.next_out = reinterpret_cast<Bytef*>(out.data());
            z.avail_out = static_cast<uInt>(out.size());
            result = ::inflate(&z, Z_NO_FLUSH);
            one += out.substr(0, out.size() - z.avail_out);
        }
        ::inflateEnd(&z);
        REQUIRE(result == Z_STREAM_END);
    }
    return found;
}

strings archives_in(const std::string& folder) {
    auto files = files_below(folder);
    std::ranges::sort(files);
    return files;
}

/// What stands in a record behind its header; checks that it is as long as that says.
std::string block_of(const std::string& record) {
    const auto header = record.substr(0, record.find("\r\n\r\n") + 2);
    const auto block = record.substr(header.size() + 2);
    const auto at = header.find("\r\nContent-Length: ");
    REQUIRE(at != std::string::npos);
    REQUIRE(block.size() == std::stoul(header.substr(at + 18)) + 4);
    REQUIRE(block.ends_with("\r\n\r\n"));
    return block.substr(0, block.size() - 4);
}

archived_exchange exchange(const scratch_folder& folder, std::size_t size) {
    archived_exchange x{folder.path()};
    x.url = "http://a/";
    x.request = "GET / HTTP/1.1\r\n\r\n";
    CHECK_FALSE(x.response.write(std::string(size, 'x')));
    return x;
}

} // namespace

TEST_CASE("an archive has the bytes of each answer and of its request") {
    const std::string chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n";
    const raw_server server{[&](std::string_view head, int) -> raw_server::answer {
        if (head.starts_with("GET /to"))
            return {"HTTP/1.1 302 x\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"};
        if (head.starts_with("GET /none"))
            return {"HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nno"};
        return {"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + chunked};
    }};
    const scratch_folder folder;
    const auto url = fmt::format("http://u:secret@127.0.0.1:{}/to", server.port());
    const auto ended = run({url, server.url("/none"), "--warc", folder / "a.warc.gz",
                            "-q", "-p", "1", "-c", "1", "-H", "Cookie: secret"});
    CHECK(ended.status == 0);
    const strings all = members(folder / "a-0-00001.warc.gz");
    REQUIRE(all.size() == 7); // and one about the file, at its beginning
    CHECK(contains(all[0], "WARC-Type: warcinfo\r\n"));
    for (const std::string& record : all)
        CHECK_FALSE(contains(record, "secret"));
    CHECK(block_of(all[1]).starts_with("HTTP/1.1 302 x\r\n"));
    CHECK(contains(all[1], fmt::format("WARC-Target-URI: {}\r\n", server.url("/to"))));
    CHECK(block_of(all[2]).starts_with("GET /to HTTP/1.1\r\nHost: "));
    CHECK(block_of(all[3]) == chunked);
    CHECK(contains(all[3], "WARC-Type: response\r\n"));
    CHECK(contains(all[3], "WARC-IP-Address: 127.0.0.1\r\n"));
    CHECK(contains(all[3], fmt::format("Digest: sha256:{}\r\n", digest("abcde"))));
    const auto id = all[3].substr(all[3].find("<urn:uuid:"), 47);
    CHECK(id.back() == '>');
    CHECK(contains(all[4], "WARC-Concurrent-To: " + id));
    CHECK(block_of(all[5]).starts_with("HTTP/1.1 404"));

    // A result says where its record is, and that can be read by itself.
    const auto results = boost::json::parse(ended.out.substr(0, ended.out.find('\n')));
    const auto offset = results.at("offset").to_number<std::uint64_t>();
    const std::string file{results.at("file").as_string()};
    CHECK(complaint_about_record(file, offset, digest("abcde")) == "");
    CHECK(complaint_about_record(file, offset, digest("x")) != "");
    CHECK(complaint_about_record(file, offset + 1, "") != "");
    CHECK(complaint_about_record(file, 0, "") != "");
    CHECK(complaint_about_record(file + "x", 0, "") != "");
}

TEST_CASE("of a compressed page an archive has what went over the wire") {
    std::string gzip(200, '\0');
    z_stream z{};
    REQUIRE(::deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string text = "right";
    z.next_in = reinterpret_cast<Bytef*>(text.data());
    z.avail_in = 5;
    z.next_out = reinterpret_cast<Bytef*>(gzip.data());
    z.avail_out = 200;
    REQUIRE(::deflate(&z, Z_FINISH) == Z_STREAM_END);
    gzip.resize(200 - z.avail_out);
    ::deflateEnd(&z);
    const raw_server server{[&](std::string_view, int) -> raw_server::answer {
        return {fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                            "Content-Length: {}\r\n\r\n{}",
                            gzip.size(), gzip)};
    }};
    const job_folder job;
    job.list(server.url("/\n"));
    CHECK(job.begin({"--compressed", "--warc", "a"}).status == 0);
    CHECK(contains(read_file(job.results()), digest("right")));
    const strings all = members(archives_in(job / "warc").at(0));
    CHECK(contains(all.at(1), "sha256:" + digest(gzip)));
    CHECK(block_of(all.at(1)).ends_with(gzip));
    CHECK(job.verified());

    const job_folder polite; // and of a robots.txt, which no page is made of
    polite.list(server.url("/\n"));
    CHECK(polite.begin({"--robots", "--warc", "a", "-p1"}).status == 0);
    const strings both = members(archives_in(polite / "warc").at(0));
    CHECK(contains(both.at(1), "/robots.txt\r\n"));
    CHECK(contains(both.at(1), "sha256:" + digest(gzip)));
}

TEST_CASE("a file of an archive is followed by another one, and never written again") {
    const scratch_folder folder;
    {
        warc_archive archive{folder.path(), "told/", "a", 7, 1000};
        archive_place place;
        for (int i = 0; i < 20; ++i)
            REQUIRE_FALSE(archive.add(exchange(folder, 100), place));
        CHECK(place.file.starts_with("told/a-7-000"));
        REQUIRE_FALSE(archive.flush());
        CHECK(fs::exists(folder / place.file.substr(5) + ".open"));
    }
    const auto before = archives_in(folder.path());
    CHECK(before.size() > 3);
    for (const std::string& file : before)
        CHECK(contains(members(file).at(0), "WARC-Type: warcinfo"));
    archive_place place;
    warc_archive next{folder.path(), "", "a", 7};
    REQUIRE_FALSE(next.add(exchange(folder, 300'000), place)); // by way of a file
    CHECK(place.file == fmt::format("a-7-{:05}.warc.gz", before.size() + 1));
    finish_archives(folder.path(), "a"); // it is being written
    CHECK(fs::exists(folder / place.file + ".open"));
    REQUIRE_FALSE(next.close());
    CHECK(block_of(members(folder / place.file).at(1)) == std::string(300'000, 'x'));
    CHECK(archives_in(folder.path()).size() == before.size() + 1); // and no spool
}

TEST_CASE("of an archive that was cut, what is whole stays") {
    const scratch_folder folder;
    {
        warc_archive archive{folder.path(), "", "a", 0};
        archive_place place;
        REQUIRE_FALSE(archive.add(exchange(folder, 100), place));
    }
    const std::string whole = read_file(folder / "a-0-00001.warc.gz");
    const std::size_t records = members(folder / "a-0-00001.warc.gz").size();
    for (std::size_t size = 0; size <= whole.size(); size += 7) {
        write_file(folder / "a-0-00002.warc.gz.open", whole.substr(0, size));
        finish_archives(folder.path(), "a");
        const auto left = read_file(folder / "a-0-00002.warc.gz");
        CHECK(whole.starts_with(left));
        CHECK(members(folder / "a-0-00002.warc.gz").size() <= records);
        fs::remove(folder / "a-0-00002.warc.gz");
    }
}

TEST_CASE("a job with an archive survives every kill, and is proved") {
    const slow_server server;
    for (const char* when :
         {"worker: page written@3 all", "worker: page renamed@3 all",
          "worker: page written@3", "supervisor: outcome received@9"}) {
        INFO(when);
        const job_folder job;
        job.list(page_list(server, 60) + server.url("/bytes/300000\n") +
                 server.url("/status/404\n"));
        job.begin({"--warc", "crawl", "-c", "4"}, when);
        CHECK(job.resume().status == 0);
        CHECK(job.verified());
        CHECK_FALSE(fs::exists(job / "pages"));
        for (const std::string& file : archives_in(job / "warc")) {
            INFO(file);
            CHECK(file.ends_with(".warc.gz"));
            CHECK(members(file).size() % 2 == 1);
        }
    }
}

TEST_CASE("verify finds what is wrong in an archive, and resume mends it") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 9));
    CHECK(job.begin({"--warc", "crawl"}).status == 0);
    const std::string file = archives_in(job / "warc").at(0);
    std::string bytes = read_file(file);
    bytes.resize(bytes.size() / 2);
    write_file(file, bytes);
    const auto found = run({"verify", job.path()});
    CHECK(found.status == 1);
    CHECK(contains(found.out, "there is no whole record at "));
    write_file(job / "warc/mine", "");
    CHECK(run({"verify", job.path(), "--repair"}).status == 1);
    CHECK(job.resume().status == 0);
    CHECK(job.verified());
    CHECK(read_file(file) == bytes); // others may have links into it
}

TEST_CASE("an archive cannot be where it makes no sense") {
    const scratch_folder folder;
    CHECK(run({"http://a/", "-o", folder / "job", "--warc", "x/y"}).status == 2);
    CHECK(run({"http://a/", "--warc", folder / "none/x"}).status == 2);
}

TEST_CASE("a job has an index of its pages") {
    const slow_server server;
    const job_folder job;
    job.list(page_list(server, 3) + server.url("/status/404\n"));
    CHECK(job.begin().status == 0);
    std::string lines = read_file(job / "index.tsv");
    for (int i = 0; i < 3; ++i)
        CHECK(contains(lines, fmt::format("pages/0/{}\t{}\n", i + 1,
                                          server.url(fmt::format("/page/{}", i)))));
    CHECK(count_lines(lines) == 3);
    CHECK(job.verified());
}
