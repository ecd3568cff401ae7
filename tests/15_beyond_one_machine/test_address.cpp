// In one thread: ThreadSanitizer has nothing to say here.

// Where a queue is, and the password that is not in it.

#include "beyond_one_machine/queue_address.hpp"
#include "workbench/temporary.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdlib>

using namespace ladder;
using namespace ladder::beyond_one_machine;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the address of a queue") {
    const auto a = parse_queue_address("mysql://crawl@db1,db2:3307,10.0.0.3/lists");
    REQUIRE(a.hosts.size() == 3);
    CHECK(a.hosts[0].name == "db1");
    CHECK(a.hosts[0].port == 3306);
    CHECK(a.hosts[1].name == "db2");
    CHECK(a.hosts[1].port == 3307);
    CHECK(a.user == "crawl");
    CHECK(a.database == "lists");
    CHECK(a.password == "");
    CHECK(a.tls == queue_address::encryption::on);

    const auto v6 = parse_queue_address("mysql://crawl@[::1],[2001:db8::7]:3307/lists");
    REQUIRE(v6.hosts.size() == 2);
    CHECK(v6.hosts[0].name == "::1");
    CHECK(v6.hosts[0].port == 3306);
    CHECK(v6.hosts[1].name == "2001:db8::7");
    CHECK(v6.hosts[1].port == 3307);
}

TEST_CASE("what leaves the machine is encrypted, if nobody says otherwise") {
    using encryption = queue_address::encryption;
    CHECK(parse_queue_address("mysql://u@localhost,127.0.0.2/d").tls == encryption::off);
    CHECK(parse_queue_address("mysql://u@[::1]:3307/d").tls == encryption::off);
    CHECK(parse_queue_address("mysql://u@localhost,db/d").tls == encryption::on);
    CHECK(parse_queue_address("mysql://u@db/d?tls=off").tls == encryption::off);
    const auto safe = parse_queue_address("mysql://u@127.0.0.1/d?ca=/etc/ca.pem");
    CHECK(safe.tls == encryption::safe);
    CHECK(safe.certificates == "/etc/ca.pem");
}

TEST_CASE("an address that is none is refused with its reason") {
    const auto refuses = [](const std::string& url, const std::string& why) {
        CHECK_THROWS_WITH(parse_queue_address(url), ContainsSubstring(why));
    };
    refuses("http://host/x", "no mysql://");
    refuses("mysql://u@host", "no database");
    refuses("mysql://u@host/", "no database");
    refuses("mysql://host/d", "no user");
    refuses("mysql://u@/d", "no name");
    refuses("mysql://u@a,,b/d", "no name");
    refuses("mysql://u@a:x/d", "'x' is no port");
    refuses("mysql://u@[::1]3307/d", "'3307' is no port");
    refuses("mysql://u@[]:1/d", "no name");
    refuses("mysql://u@[::1/d", "no ']'");
    refuses("mysql://u@a:0/d", "no port");
    refuses("mysql://u@a:70000/d", "no port");
    refuses("mysql://u:secret@host/d", "does not belong on a command line");
    refuses("mysql://u@host/d?ssl=1", "'ssl=1' is neither");
}

TEST_CASE("the password is in a file, or in the environment") {
    ::unsetenv("LADDER_QUEUE_PASSWORD_FILE");
    ::unsetenv("LADDER_QUEUE_PASSWORD");
    CHECK(find_password("") == "");
    ::setenv("LADDER_QUEUE_PASSWORD", "of the environment", 1);
    CHECK(find_password("") == "of the environment");
    const temporary_file file{"of a file\nand no more\n"};
    CHECK(find_password(file.path()) == "of a file");
    CHECK(find_password(temporary_file{"of Windows\r\n"}.path()) == "of Windows");
    ::setenv("LADDER_QUEUE_PASSWORD_FILE", file.path().c_str(), 1);
    CHECK(find_password("") == "of a file");
    CHECK_THROWS_WITH(find_password("/nowhere"), ContainsSubstring("/nowhere"));
    CHECK_THROWS_WITH(find_password("/"), "/: Is a directory");
    ::unsetenv("LADDER_QUEUE_PASSWORD_FILE");
    ::unsetenv("LADDER_QUEUE_PASSWORD");
}
