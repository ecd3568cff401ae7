// https: whom the program trusts, what it says about the others, and what it saves.

#include "fetcher_program.hpp"
#include "raw_server.hpp"
#include "tls_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include <openssl/ssl.h>

using namespace ladder::fetcher::test;
using ladder::raw_server;

namespace {

/// An authority, and the file with which the program trusts it.
struct authority {
    scratch_folder folder{};
    certificate own{{.name = "Test authority", .authority = true}};

    authority() { write_file(file(), own.pem()); }

    std::string file() const { return folder / "authority.pem"; }
};

result only(const ladder::ended_program& ended) {
    const auto results = parse_results(ended.out);
    REQUIRE(results.size() == 1);
    return results[0];
}

} // namespace

TEST_CASE("a page comes over https, by name and by address") {
    const authority a;
    tls_server server{certificate{{}, &a.own}};
    for (const char* host : {"localhost", "127.0.0.1"}) {
        const auto ended = run({server.url("/x", host), "--cacert", a.file()});
        CHECK(ended.status == 0);
        CHECK(only(ended).sha256 == digest("/x"));
    }
    CHECK(server.name_asked_for() == "localhost"); // and no name for the address
    CHECK(server.protocol() == "http/1.1");
}

TEST_CASE("pages share a secured connection, and the next one resumes") {
    const authority a;
    for (const bool keep : {true, false}) {
        tls_server server{certificate{{}, &a.own}, {.keep = keep}};
        const auto ended = run({server.url("/1"), server.url("/2"), server.url("/3"),
                                "-p", "1", "-c", "1", "--cacert", a.file()});
        CHECK(ended.status == 0);
        CHECK(server.connections == (keep ? 1 : 3));
        CHECK(server.resumed == (keep ? 0 : 2));
    }
}

TEST_CASE("who is not to be trusted gets no request, and it is said why") {
    const authority a;
    const certificate other{{.name = "Other authority", .authority = true}};
    struct untrusted {
        certificate c;
        std::string why;
    };
    for (const auto& [c, why] : std::vector<untrusted>{
             {certificate{{}}, "self-signed certificate (CN=localhost)"},
             {certificate{{}, &other}, "unable to get local issuer certificate"},
             {certificate{{.to = -60}, &a.own}, "certificate has expired (CN=localhost)"},
             {certificate{{.from = 60}, &a.own}, "certificate is not yet valid"},
             {certificate{{.name = "elsewhere", .names = "DNS:elsewhere.test"}, &a.own},
              "hostname mismatch (CN=elsewhere)"},
             {certificate{{.names = "DNS:other.test"}, &a.own}, "hostname mismatch"},
             {certificate{{.names = ""}, &a.own}, "hostname mismatch"}}) {
        INFO(why);
        tls_server server{c};
        const auto ended = run({server.url("/"), "--cacert", a.file()});
        CHECK(ended.status == 1);
        const result r = only(ended);
        INFO(r.error);
        CHECK(r.status == 0);
        CHECK(r.attempts == 1); // it will not get better
        CHECK(r.error.starts_with("the certificate is not to be trusted: "));
        CHECK(r.error.find(why) != std::string::npos);
        CHECK(ended.err.find(why) != std::string::npos);
    }
}

TEST_CASE("whoever says --insecure is told what that means") {
    tls_server server{certificate{{.to = -60}}};
    const auto ended = run({server.url("/x"), "--insecure"});
    CHECK(ended.status == 0);
    CHECK(only(ended).sha256 == digest("/x"));
    CHECK(ended.err.find("--insecure: nobody checks who the servers are\n") !=
          std::string::npos);
}

TEST_CASE("an old protocol, and what is no TLS at all, are errors of the page") {
    const authority a;
    tls_server old{certificate{{}, &a.own}, {.highest_version = TLS1_1_VERSION}};
    const auto refused = only(run({old.url("/"), "--cacert", a.file()}));
    CHECK(refused.error.starts_with("no secure connection: "));
    const raw_server plain{[](std::string_view, int) -> raw_server::answer {
        return {"HTTP/1.1 400 Bad Request\r\n\r\n", true};
    }};
    const auto none = only(run({fmt::format("https://127.0.0.1:{}/", plain.port()),
                                "--timeout", "1s", "--retries", "0"}));
    CHECK(none.error != "");
    CHECK(none.status == 0);
}

TEST_CASE("what comes late on a secured connection is not the next page") {
    const authority a;
    tls_server server{certificate{{}, &a.own},
                      {.late = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"}};
    const auto ended = run({server.url("/1"), server.url("/2"), "-p", "1", "-c", "1",
                            "--cacert", a.file(), "--quiet"});
    const auto results = results_by_url(ended.out);
    CHECK(results.at(server.url("/1")).sha256 == digest("/1"));
    CHECK(results.at(server.url("/2")).sha256 == digest("/2"));
    CHECK(server.connections == 2);
}

TEST_CASE("a server may agree anew with the fetcher before it answers") {
    const authority a;
    tls_server server{certificate{{}, &a.own},
                      {.highest_version = TLS1_2_VERSION, .renegotiates = true}};
    const auto r = only(run(
        {server.url("/x"), "--cacert", a.file(), "--retries", "0", "--timeout", "5s"}));
    CHECK(r.error == "");
    CHECK(r.sha256 == digest("/x"));
}

TEST_CASE("a page that ends when the connection does must have been announced to end") {
    const authority a;
    tls_server server{certificate{{}, &a.own}, {.unannounced_end = true}};
    const auto r = only(run({server.url("/x"), "--cacert", a.file(), "--retries", "0"}));
    CHECK(r.error == "the connection ended before the answer did");
}

TEST_CASE("a file without certificates is wrong usage") {
    const scratch_folder folder;
    write_file(folder / "empty", "no certificate\n");
    for (const char* name : {"empty", "not-there"}) {
        const auto ended = run({"https://localhost/", "--cacert", folder / name});
        CHECK(ended.status == 2);
        CHECK(count_lines(ended.err) == 1);
    }
}
