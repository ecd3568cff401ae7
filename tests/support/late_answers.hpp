#pragma once

#include "raw_server.hpp"
#include "workbench/http_exchange.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ladder {

/// What a server sends on a connection behind a complete answer: nobody asked for it, and
/// it must not become the next page.
struct late_answer {
    const char* what;
    std::string
        head; ///< Of the complete answer; its body, if it has one, is made to fit.
    std::string late;
};

inline const std::array late_answers = {
    late_answer{"a second answer", "HTTP/1.1 200 OK\r\nContent-Length: ",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"},
    late_answer{"an answer without an end",
                "HTTP/1.1 200 OK\r\nContent-Length: ", "HTTP/1.1 200 OK\r\n\r\nwrong"},
    late_answer{"more than the length",
                "HTTP/1.1 200 OK\r\nContent-Length: ", "the rest of the page"},
    late_answer{"an empty line", "HTTP/1.1 200 OK\r\nContent-Length: ", "\r\n"},
    late_answer{"a single byte", "HTTP/1.1 404 x\r\nContent-Length: ", "\n"},
    late_answer{"the body of a 204", "HTTP/1.1 204 No Content\r\nA: ", "a body"},
    late_answer{"the body of a 304", "HTTP/1.1 304 Not Modified\r\nA: ",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"},
    late_answer{"a 408", "HTTP/1.1 200 OK\r\nContent-Length: ",
                "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"},
    late_answer{"a 100",
                "HTTP/1.1 200 OK\r\nContent-Length: ", "HTTP/1.1 100 Continue\r\n\r\n"},
};

/// Answers `/first` so that the client's read ends exactly with the answer. What comes
/// late was sent with it, and is there, unread, when the client looks: no clock in it.
/// Everything else is answered "right".
inline raw_server late_server(const late_answer& late) {
    return raw_server{[late](std::string_view head, int) -> raw_server::answer {
        if (!head.starts_with("GET /first "))
            return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
        const std::size_t whole = http_exchange{{"h", "80", "/"}}.room().size();
        std::string bytes = late.head;
        if (bytes.ends_with("Content-Length: ")) {
            const std::size_t left = whole - bytes.size() - 9; // "12345\r\n\r\n"
            bytes += std::to_string(left) + "\r\n\r\n" + std::string(left, 'f');
        } else {
            bytes += std::string(whole - bytes.size() - 4, 'a') + "\r\n\r\n";
        }
        return {bytes + late.late};
    }};
}

} // namespace ladder
