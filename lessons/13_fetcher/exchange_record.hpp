#pragma once

#include "connection.hpp"
#include "warc.hpp"
#include "workbench/http_url.hpp"

#include <string>
#include <string_view>

namespace ladder::fetcher {

/// What an archive says about a request that is sent now. Passwords and cookies are left
/// out of it: archives are given to others. `direct`: the other end is the server itself.
archived_exchange begin_record(const warc_archive& archive, std::string_view request,
                               const http_url& url, connection& c, bool direct);

} // namespace ladder::fetcher
