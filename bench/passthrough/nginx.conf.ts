// nginx, three times: the constant homeserver; the proxy that Synapse's documentation tells operators to run, which the limit is
// held against; and the same with its upstream connections kept, which is shown beside it and held against nothing.

export interface Places {
  readonly folder: string
  readonly upstreamPort: number
  readonly documentedPort: number
  readonly keepalivePort: number
}

const COMMON = (name: string, folder: string) => `
daemon off;
worker_processes 1;
pid ${folder}/${name}.pid;
error_log ${folder}/${name}.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/${name}-body;
  proxy_temp_path ${folder}/${name}-proxy;
  fastcgi_temp_path ${folder}/${name}-fastcgi;
  uwsgi_temp_path ${folder}/${name}-uwsgi;
  scgi_temp_path ${folder}/${name}-scgi;
`

/** The constant homeserver: two files, served with the fields that Synapse sends. */
export function upstreamConfig({ folder, upstreamPort }: Places): string {
  return `${COMMON('upstream', folder)}
  tcp_nodelay on;
  sendfile on;
  open_file_cache max=16 inactive=1h;
  server {
    listen 127.0.0.1:${upstreamPort} reuseport;
    add_header Cache-Control "no-cache, no-store, must-revalidate";
    add_header Access-Control-Allow-Origin *;
    add_header Access-Control-Allow-Methods "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    add_header Access-Control-Allow-Headers "X-Requested-With, Content-Type, Authorization, Date";
    location / { root ${folder}/files; try_files /small.json =404; }
    location ~ /(page100|messages)$ { root ${folder}/files; try_files /page.json =404; }
  }
}
`
}

// What is not in the documentation: buffers that hold the largest answer, so that none goes to disk.
const BUFFERS = `
      proxy_buffer_size 16k;
      proxy_buffers 64 16k;
      proxy_busy_buffers_size 64k;
      proxy_max_temp_file_size 0;`

/**
 * The location block of https://element-hq.github.io/synapse/latest/reverse_proxy.html, line by line: no `upstream` block, so
 * every request opens a connection to the homeserver. Plain HTTP, as the gateway is measured.
 */
export function documentedConfig({ folder, upstreamPort, documentedPort }: Places): string {
  return `${COMMON('documented', folder)}
  server {
    listen 127.0.0.1:${documentedPort};
    location ~ ^(/_matrix|/_synapse/client) {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Host $host:$server_port;
      client_max_body_size 50M;
      proxy_http_version 1.1;${BUFFERS}
    }
  }
}
`
}

/** The same, tuned: connections to the homeserver are kept. */
export function keepaliveConfig({ folder, upstreamPort, keepalivePort }: Places): string {
  return `${COMMON('keepalive', folder)}
  upstream homeserver { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${keepalivePort};
    location ~ ^(/_matrix|/_synapse/client) {
      proxy_pass http://homeserver;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Host $host:$server_port;
      client_max_body_size 50M;
      proxy_http_version 1.1;${BUFFERS}
    }
  }
}
`
}
