//! A small media API behind Keyward. Everything is kept in memory only.
//!
//! `KEYWARD_URL=http://127.0.0.1:8080 cargo run --example media_api`, then for instance
//! `curl http://127.0.0.1:8000/api/assets -H "X-API-Key: mk_live_…"`. `MEDIA_LISTEN` chooses
//! another address than `127.0.0.1:8000`. With `KEYWARD_URL=gateway` it asks nobody and trusts one
//! of the gateways next to this file, which must be the only way to reach it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::web::{self, Data, Json, Path, delete, get, post, put, resource};
use actix_web::{App, HttpResponse, HttpServer, Responder};
use keyward_guard::{ApiKey, Guard};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The scopes to read and to change each collection.
const ASSETS: Access = Access {
    read: "read:assets",
    write: "write:assets",
};
const STREAMS: Access = Access {
    read: "streams:read",
    write: "streams:write",
};
const VOD: Access = Access {
    read: "vod:read",
    write: "vod:write",
};

struct Access {
    read: &'static str,
    write: &'static str,
}

/// Assets, streams and videos, each by its id.
#[derive(Default)]
struct Store(Mutex<BTreeMap<u64, Map<String, Value>>>);

impl Store {
    fn items(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Map<String, Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list(store: Data<Store>) -> impl Responder {
    let items: Vec<Value> = store.items().values().cloned().map(Value::Object).collect();
    Json(json!({ "value": items }))
}

async fn create(
    store: Data<Store>,
    key: ApiKey,
    Json(item): Json<Map<String, Value>>,
) -> impl Responder {
    let mut items = store.items();
    let id = items.last_key_value().map_or(1, |(last, _)| last + 1);
    let mut item = item;
    item.insert("id".into(), id.into());
    item.insert("created_by_key".into(), key.id.into());
    items.insert(id, item.clone());
    HttpResponse::Created().json(json!({ "data": item }))
}

async fn update(
    store: Data<Store>,
    id: Path<u64>,
    Json(changes): Json<Map<String, Value>>,
) -> impl Responder {
    match store.items().get_mut(&id) {
        Some(item) => {
            item.extend(changes);
            item.insert("id".into(), (*id).into());
            HttpResponse::Ok().json(json!({ "data": item }))
        }
        None => HttpResponse::NotFound().finish(),
    }
}

async fn remove(store: Data<Store>, id: Path<u64>) -> impl Responder {
    match store.items().remove(&id) {
        Some(item) => HttpResponse::Ok().json(json!({ "data": item })),
        None => HttpResponse::NotFound().finish(),
    }
}

/// A file that is about to be uploaded.
#[derive(Deserialize)]
struct Upload {
    filename: String,
    content_type: String,
    file_size: u64,
}

async fn presign(key: ApiKey, Json(upload): Json<Upload>) -> impl Responder {
    Json(json!({ "data": {
        "upload_url": format!("http://127.0.0.1:8000/uploads/{}/{}", key.project, upload.filename),
        "content_type": upload.content_type,
        "file_size": upload.file_size,
    }}))
}

async fn summary(assets: Data<Store>, key: ApiKey) -> impl Responder {
    Json(json!({ "data": { "assets": assets.items().len(), "asked_by": key.label } }))
}

/// A collection with a store of its own. Whoever may write may read, even if the catalogue doesn't
/// say so by letting `streams:write` include `streams:read`.
fn collection(path: &str, store: Data<Store>, guard: &Guard, access: &Access) -> actix_web::Scope {
    let Access { read, write } = *access;
    let reading = || guard.one_of([read, write]);
    let writing = || guard.one_of([write]);
    web::scope(path)
        .app_data(store)
        .service(
            resource("")
                .route(get().to(list).wrap(reading()))
                .route(post().to(create).wrap(writing())),
        )
        .service(
            resource("/{id}")
                .route(put().to(update).wrap(writing()))
                .route(delete().to(remove).wrap(writing())),
        )
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or(default.to_owned());
    let keyward = variable("KEYWARD_URL", "http://127.0.0.1:8080");
    let listen = variable("MEDIA_LISTEN", "127.0.0.1:8000");
    let stores = [(); 3].map(|()| Data::new(Store::default()));
    let server = HttpServer::new(move || {
        let guard = match keyward.as_str() {
            "gateway" => Guard::behind_gateway(),
            url => Guard::new(url),
        };
        let guard = guard.of_project("default");
        let [assets, streams, vod] = stores.clone();
        let presigning = post().to(presign).wrap(guard.one_of(["write:assets"]));
        let summing_up = get().to(summary).wrap(guard.one_of(["read:analytics"]));
        App::new()
            .app_data(assets.clone())
            .service(collection("/api/assets", assets, &guard, &ASSETS))
            .service(collection("/api/streams", streams, &guard, &STREAMS))
            .service(collection("/api/vod", vod, &guard, &VOD))
            .route("/api/mediakit/uploads/presign", presigning)
            .route("/api/analytics/summary", summing_up)
    })
    .workers(2)
    .bind(listen)?;
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await
}
