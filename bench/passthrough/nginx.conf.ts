// nginx, twice: as the plain proxy that the gateway is measured against, and as the constant homeserver behind both.

export interface Places {
  readonly folder: string
  readonly upstreamPort: number
  readonly proxyPort: number
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
  tcp_nodelay on;
`

/** The constant homeserver: two files, served with the fields that Synapse sends. */
export function upstreamConfig({ folder, upstreamPort }: Places): string {
  return `${COMMON('upstream', folder)}
  sendfile on;
  open_file_cache max=16 inactive=1h;
  server {
    listen 127.0.0.1:${upstreamPort} reuseport;
    add_header Cache-Control "no-cache, no-store, must-revalidate";
    add_header Access-Control-Allow-Origin *;
    add_header Access-Control-Allow-Methods "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    add_header Access-Control-Allow-Headers "X-Requested-With, Content-Type, Authorization, Date";
    location / { root ${folder}/files; try_files /small.json =404; }
    location ~ /state$ { root ${folder}/files; try_files /page.json =404; }
  }
}
`
}

/** nginx as a plain proxy: connections kept, and buffers that hold the largest answer, so that none goes to disk. */
export function proxyConfig({ folder, upstreamPort, proxyPort }: Places): string {
  return `${COMMON('proxy', folder)}
  upstream homeserver { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${proxyPort};
    location / {
      proxy_pass http://homeserver;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffer_size 16k;
      proxy_buffers 64 16k;
      proxy_busy_buffers_size 64k;
      proxy_max_temp_file_size 0;
    }
  }
}
`
}
