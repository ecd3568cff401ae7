#!/bin/sh
# The fetcher against servers that are not ours, over http and https: nginx, Apache,
# lighttpd, Python's. They limit how long a connection is kept, compress, send chunks, or
# speak HTTP/1.0. Each file must have the digest that curl gets.
#
#   other_servers.sh BIN_DIR [FILES [LARGEST]]      1000 20000000 is all of it
#
# What is not installed is left out. Status: 0 all are equal, 77 there is nothing to try.
set -eu

bin=$1 files=${2:-20} largest=${3:-100000}
for needed in python3 curl openssl; do
    command -v $needed >/dev/null || { echo "no $needed"; exit 77; }
done
PATH=$PATH:/usr/sbin:/sbin
unset http_proxy https_proxy all_proxy ALL_PROXY HTTPS_PROXY

dir=$(mktemp -d)
chmod 755 "$dir"
servers=
end() {
    for pid in $servers; do kill "$pid" 2>/dev/null || true; done
    for pid in $servers; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' INT TERM

free_ports() { # free_ports N: that many
    python3 - "$1" <<'END'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])
END
}

# Sizes from 0 to the largest, most of them small; half of the bytes can be compressed.
python3 - "$dir/www" "$files" "$largest" <<'END'
import os, random, sys
folder, count, largest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.mkdir(folder)
random.seed(1)
blob = b"".join(random.randbytes(500) + b"0123456789" * 50
                for _ in range(largest // 1000 + 2))
for i in range(count):
    size = i if i < 10 else largest if i == 10 else int(largest * random.random() ** 60)
    with open(f"{folder}/{i}.txt", "wb") as out: out.write(blob[i * 7 : i * 7 + size])
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
    -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
cat "$dir/key.pem" "$dir/cert.pem" >"$dir/both.pem"
chmod 644 "$dir"/*.pem

wait_for() { # wait_for PORT: until something listens there
    for _ in $(seq 200); do
        if curl -s -o "$dir/answer" "http://127.0.0.1:$1/0.txt"; then return; fi
        sleep 0.05
    done
    echo "nothing listens at port $1"
    exit 1
}

compare() { # compare NAME BASE_URL [fetcher's option]
    name=$1 base=$2 option=${3:-}
    i=0
    : >"$dir/list"
    : >"$dir/curl"
    while [ $i -lt "$files" ]; do
        echo "$base/$i.txt" >>"$dir/list"
        printf 'url=%s/%s.txt\noutput=%s/out/%s\n' "$base" $i "$dir" $((i + 1)) >>"$dir/curl"
        i=$((i + 1))
    done
    mkdir "$dir/out"
    # shellcheck disable=SC2086 # none or one
    curl --no-progress-meter -Z --parallel-max 20 --cacert "$dir/cert.pem" $option -K "$dir/curl"
    (cd "$dir/out" && sha256sum -- *) | awk '{ print $2, $1 }' | sort >"$dir/theirs"
    # shellcheck disable=SC2086
    "$bin/fetcher" -i "$dir/list" -o "$dir/job" -p 2 -c 10 -q --max-bytes 1GB \
        --timeout 5m --cacert "$dir/cert.pem" $option || true
    "$bin/fetcher" verify "$dir/job" >"$dir/proof" || cat "$dir/proof"
    sed -n 's/^{"n":\([0-9]*\),.*"status":200,.*"sha256":"\([0-9a-f]*\)".*/\1 \2/p' \
        "$dir/job/results.jsonl" | sort >"$dir/ours"
    if [ "$(wc -l <"$dir/theirs")" -ne "$files" ] || ! cmp -s "$dir/ours" "$dir/theirs"; then
        echo "FAIL $name"
        diff "$dir/ours" "$dir/theirs" | head -n 20
        head -n 3 "$dir/job/results.jsonl"
        exit 1
    fi
    echo "ok   $name: $files files"
    rm -rf "$dir/out" "$dir/job"
}

both() { # both NAME HTTP_PORT HTTPS_PORT
    compare "$1, http" "http://127.0.0.1:$2"
    compare "$1, https" "https://127.0.0.1:$3"
    compare "$1, https, compressed" "https://127.0.0.1:$3" --compressed
}

if command -v nginx >/dev/null; then
    set -- $(free_ports 2)
    cat >"$dir/nginx.conf" <<END
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off; pid $dir/nginx.pid; error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off; keepalive_requests 7; gzip on; gzip_types text/plain; gzip_min_length 1;
  types { text/plain txt; }
  client_body_temp_path $dir/n1; proxy_temp_path $dir/n2; fastcgi_temp_path $dir/n3;
  uwsgi_temp_path $dir/n4; scgi_temp_path $dir/n5;
  server { listen 127.0.0.1:$1; listen 127.0.0.1:$2 ssl; root $dir/www;
    ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem; }
}
END
    nginx -e stderr -c "$dir/nginx.conf" &
    servers="$servers $!"
    wait_for "$1"
    both 'nginx, 7 pages for each connection' "$1" "$2"
fi
modules=/usr/lib/apache2/modules
if command -v apache2 >/dev/null && [ -d $modules ]; then
    set -- $(free_ports 2)
    cat >"$dir/apache.conf" <<END
ServerRoot $dir
ServerName localhost
PidFile $dir/apache.pid
ErrorLog $dir/apache.log
DocumentRoot $dir/www
Listen 127.0.0.1:$1
Listen 127.0.0.1:$2
MaxKeepAliveRequests 5
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule mime_module $modules/mod_mime.so
LoadModule filter_module $modules/mod_filter.so
LoadModule deflate_module $modules/mod_deflate.so
LoadModule ssl_module $modules/mod_ssl.so
TypesConfig /dev/null
AddType text/plain .txt
AddOutputFilterByType DEFLATE text/plain
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data')
<VirtualHost 127.0.0.1:$2>
  SSLEngine on
  SSLCertificateFile $dir/cert.pem
  SSLCertificateKeyFile $dir/key.pem
</VirtualHost>
END
    apache2 -d "$dir" -f "$dir/apache.conf" -DFOREGROUND &
    servers="$servers $!"
    wait_for "$1"
    both 'Apache, 5 pages for each connection, chunks' "$1" "$2"
fi
if command -v lighttpd >/dev/null; then
    set -- $(free_ports 2)
    cat >"$dir/lighttpd.conf" <<END
server.modules = ("mod_openssl", "mod_deflate")
server.document-root = "$dir/www"
server.bind = "127.0.0.1"
server.port = $1
server.max-keep-alive-requests = 4
mimetype.assign = (".txt" => "text/plain")
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("gzip", "deflate")
\$SERVER["socket"] == "127.0.0.1:$2" {
  ssl.engine = "enable"
  ssl.pemfile = "$dir/both.pem"
}
END
    lighttpd -D -f "$dir/lighttpd.conf" >"$dir/lighttpd.log" 2>&1 &
    servers="$servers $!"
    wait_for "$1"
    both 'lighttpd, 4 pages for each connection' "$1" "$2"
fi
# Python's: HTTP/1.0 and no word about the length; HTTP/1.1 in chunks of odd sizes.
cat >"$dir/server.py" <<'END'
import http.server, os, ssl, sys, threading
folder, cert, *ports = sys.argv[1:]
os.chdir(folder)

class Old(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

class Chunks(Old):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        with open("." + self.path, "rb") as file: body = file.read()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        at, size = 0, 1
        while at < len(body):
            piece = body[at : at + size]
            self.wfile.write(b"%x;x=y\r\n%s\r\n" % (len(piece), piece))
            at += size
            size = size * 3 % 100003
        self.wfile.write(b"0\r\nTrailer: yes\r\n\r\n")

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

for i, handler in enumerate([Old, Old, Chunks, Chunks]):
    server = Server(("127.0.0.1", int(ports[i])), handler)
    if i % 2 == 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever).start()
END
set -- $(free_ports 4)
python3 "$dir/server.py" "$dir/www" "$dir/both.pem" "$@" 2>"$dir/python.log" &
servers="$servers $!"
wait_for "$3"
compare "Python, HTTP/1.0, http" "http://127.0.0.1:$1"
compare "Python, HTTP/1.0, https" "https://127.0.0.1:$2"
compare "Python, chunks, http" "http://127.0.0.1:$3"
compare "Python, chunks, https" "https://127.0.0.1:$4"
