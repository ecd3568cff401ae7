#pragma once

#include "client.hpp"
#include "counters.hpp"
#include "request_parser.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::server {

namespace asio = boost::asio;
using boost::system::error_code;

// Bound to the one io_context by type, which spares an indirect call per operation, and
// the compiler the types behind it.
using executor = asio::io_context::executor_type;
using client_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, executor>;

class connection;

/// What the connections share. `counts` outlives `io`, whose end destroys handlers.
struct shared_state {
    counters counts;
    asio::io_context io{1};
    std::set<std::shared_ptr<connection>> open;
    std::map<std::string, std::vector<std::shared_ptr<connection>>> gates;
    /// Runs while accepting waits for a descriptor; cancelled when one becomes free.
    timer out_of_descriptors{io};
    std::string scratch; ///< For one answer that is put together and sent at once.
};

/// One client. Reads its requests, hands each to `answer()` and waits for that to finish.
/// Everything runs in the one thread of the server.
///
/// Reading never stops while there is room: that is how a client that gives up is noticed
/// while its answer waits for something else. Requests that arrive meanwhile stay in the
/// buffer.
class connection final : public client, public std::enable_shared_from_this<connection> {
public:
    connection(client_socket socket, shared_state& shared);

    /// Once, when it is held by a shared pointer. It then holds itself until it closes.
    void start();

    void reply(const response& r) override;
    void write_head(std::string& bytes, const response& r) const override;
    void send(std::string bytes, step then) override;
    void send_static(std::string_view bytes, step then) override;
    void after(std::chrono::milliseconds delay, step then) override;
    void finish() override;

    void end_after_this_answer() noexcept override { keep_alive_ = false; }

    void close() override;
    void reset() override;
    void wait_at_gate(const std::string& name, std::uint64_t places) override;

    counters& counts() noexcept override { return shared_.counts; }

private:
    enum class state { idle, answering, lingering, closed };
    static constexpr std::size_t buffer_size = 8'192;

    void read();
    void received(const error_code& error, std::size_t size);
    void answer_requests();
    bool parse();
    void answer_request();
    void write_rest();
    void end_of_answer();
    void count_connection();
    void uncount_connection();

    shared_state& shared_;
    client_socket socket_;
    timer timer_;

    state state_ = state::idle;
    bool is_reading_ = false;
    bool is_in_loop_ = false;
    bool keep_alive_ = true;
    bool is_in_flight_ = false;
    bool is_at_gate_ = false;
    bool is_counted_ = false;
    bool has_asked_ = false; ///< For something else than /stats.
    std::uint64_t counted_at_ = 0;

    std::optional<request_parser> parser_;
    std::string out_;
    std::string_view unsent_; ///< Of `out_`, or of something that stays where it is.
    step when_sent_;
    std::size_t begin_ = 0; ///< Received and not yet parsed: [begin_, end_) of in_.
    std::size_t end_ = 0;
    std::array<char, buffer_size> in_; ///< Not set to zero: most of it is never touched.
};

} // namespace ladder::server
