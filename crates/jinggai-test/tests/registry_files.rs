//! Photos and documents, the printed file, exports: what comes in is judged by content, what goes out is bounded.
#![allow(clippy::unwrap_used)]
use axum::http::{Method, StatusCode};
use image::{DynamicImage, ImageFormat, RgbImage};
use jinggai::identity::Role;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_tables::{Cell, OpenOptions, open};
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, Reply, Seed, TestApp, on_both_stores};
use serde_json::{Value as Json, json};
use std::io::Cursor;

struct Part<'a>(&'a str, Option<&'a str>, &'a [u8]);

async fn upload(c: &Client, path: &str, parts: &[Part<'_>]) -> Reply {
    let mut body = vec![];
    for Part(name, file, bytes) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        body.extend(
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    let key = Some(uuid::Uuid::now_v7().to_string());
    c.raw(Method::POST, path, "multipart/form-data; boundary=b", body, key).await
}

fn encoded(w: u32, h: u32, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(w, h, |x, y| {
        image::Rgb([(x % 251) as u8, (y % 241) as u8, 90])
    }));
    let mut out = Cursor::new(vec![]);
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// One TIFF directory with values longer than four bytes behind it.
fn directory(entries: &[(u16, u16, u32, Vec<u8>)], at: u32) -> Vec<u8> {
    let mut head = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
    let mut data: Vec<u8> = vec![];
    let behind = at + 2 + 12 * u32::try_from(entries.len()).unwrap() + 4;
    for (tag, kind, n, value) in entries {
        head.extend(tag.to_be_bytes());
        head.extend(kind.to_be_bytes());
        head.extend(n.to_be_bytes());
        if value.len() <= 4 {
            let mut v = value.clone();
            v.resize(4, 0);
            head.extend(v);
        } else {
            head.extend((behind + u32::try_from(data.len()).unwrap()).to_be_bytes());
            data.extend(value);
        }
    }
    head.extend(0u32.to_be_bytes());
    head.extend(data);
    head
}

/// A JPEG as a phone writes it: turned, with time and position.
fn phone_photo() -> Vec<u8> {
    let rational = |v: [u32; 6]| v.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let first = |exif: u32, gps: u32| {
        directory(
            &[
                (0x0112, 3, 1, vec![0, 6]),
                (0x8769, 4, 1, exif.to_be_bytes().to_vec()),
                (0x8825, 4, 1, gps.to_be_bytes().to_vec()),
            ],
            8,
        )
    };
    let exif_at = 8 + u32::try_from(first(0, 0).len()).unwrap();
    let exif = directory(&[(0x9003, 2, 20, b"2026:07:01 09:30:00\0".to_vec())], exif_at);
    let gps_at = exif_at + u32::try_from(exif.len()).unwrap();
    let gps = directory(
        &[
            (1, 2, 2, b"N\0".to_vec()),
            (2, 5, 3, rational([29, 1, 36, 1, 0, 1])),
            (3, 2, 2, b"E\0".to_vec()),
            (4, 5, 3, rational([106, 1, 34, 1, 12, 1])),
        ],
        gps_at,
    );
    let mut app1 = b"Exif\0\0MM\0\x2a\0\0\0\x08".to_vec();
    app1.extend(first(exif_at, gps_at));
    app1.extend(exif);
    app1.extend(gps);
    let jpeg = encoded(640, 400, ImageFormat::Jpeg);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(u16::try_from(app1.len() + 2).unwrap().to_be_bytes());
    out.extend(app1);
    out.extend(&jpeg[2..]);
    out
}

async fn enter(app: &TestApp, wells: &[jinggai::registry::NewWell]) -> Vec<ledger::Created> {
    let mut tx = app.db().begin().await.unwrap();
    let (created, list) = ledger::create(&mut tx, wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
    created
}

/// One well of the owner in the street; gives its path.
async fn one_well(app: &TestApp) -> (Seed, Client, String) {
    let seed = app.seed().await;
    let mut w = owned(well("A-1", 106.57, 29.6), seed.owner);
    w.area_id = Some(seed.street);
    let created = enter(app, &[w]).await;
    let keeper = app.login(Role::Owner, Some(seed.owner), None).await;
    (seed, keeper, format!("/api/v1/wells/{}", created[0].well_uid))
}

fn header(r: &Reply, name: &str) -> String {
    r.headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
}

on_both_stores! {
    async fn a_photo_is_kept_whole_and_shown_without_its_metadata(app: TestApp) {
        let (_, c, well) = one_well(&app).await;
        let photo = phone_photo();
        let r = upload(&c, &format!("{well}/attachments"), &[Part("file", Some("C:\\照片\\井.txt"), &photo), Part("title", None, "现场".as_bytes())]).await;
        assert_eq!(r.status, StatusCode::CREATED, "{}", r.text());
        let a = r.json();
        assert_eq!((a["role"].as_str(), a["media_type"].as_str(), a["name"].as_str()), (Some("photo"), Some("image/jpeg"), Some("井.txt")));
        assert_eq!(a["taken_at"], "2026-07-01T01:30:00Z");
        assert!((a["lng"].as_f64().unwrap() - 106.57).abs() < 1e-9 && (a["lat"].as_f64().unwrap() - 29.6).abs() < 1e-9);
        let path = format!("/api/v1/files/{}", a["file"].as_str().unwrap());
        let original = c.get(&path).await;
        assert_eq!(original.bytes, photo, "evidence is kept as it came");
        assert_eq!(header(&original, "content-type"), "image/jpeg");
        assert_eq!(header(&original, "x-content-type-options"), "nosniff");
        assert!(header(&original, "content-disposition").starts_with("inline; filename*=UTF-8''%E4%BA%95"));
        assert!(header(&original, "cache-control").contains("immutable"));
        for (size, w, h) in [("thumb", 200, 320), ("public", 400, 640)] {
            let copy = c.get(&format!("{path}?size={size}")).await;
            let image = image::load_from_memory(&copy.bytes).unwrap();
            assert_eq!((image.width(), image.height()), (w, h), "{size} stands upright");
            assert!(!copy.bytes.windows(4).any(|b| b == b"Exif"), "{size} tells nothing of the camera");
        }
        let etag = header(&original, "etag");
        assert_eq!(etag, format!("\"{}\"", a["file"].as_str().unwrap()));
        assert_eq!(c.get(&format!("{path}?size=huge")).await.refusal(), (422, "file.size".into()));
        let stranger = app.login(Role::Street, None, None).await;
        assert_eq!(stranger.get(&path).await.status, 403);
        let (other,): (i64,) = app.db().one(sql!("SELECT id FROM units WHERE code = 'test-department'")).await.unwrap();
        let other = app.login(Role::Owner, Some(other), None).await;
        assert_eq!(other.get(&path).await.refusal(), (404, "not_found".into()));
        assert_eq!(c.get("/api/v1/files/..%2F..%2Fjinggai.gpkg").await.status, 404);
        let twice = upload(&c, &format!("{well}/attachments"), &[Part("file", Some("b.jpg"), &photo)]).await.ok();
        assert_eq!(twice["file"], a["file"], "the same bytes are kept once");
    }

    async fn what_is_no_photo_or_document_is_refused(app: TestApp) {
        let (seed, c, well) = one_well(&app).await;
        let to = format!("{well}/attachments");
        for (name, bytes, status, code) in [
            ("a.jpg", b"<html>".to_vec(), 415, "file.type"),
            ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), 415, "file.heic"),
            ("a.jpg", vec![], 422, "file.empty"),
            ("a.png", encoded(64, 64, ImageFormat::Png)[..60].to_vec(), 422, "file.broken"),
            ("a.pdf", vec![b'x'; (50 << 20) + 1], 413, "file.too_large"),
        ] {
            let r = upload(&c, &to, &[Part("file", Some(name), &bytes)]).await;
            assert_eq!(r.refusal(), (status, code.into()), "{name}");
        }
        assert_eq!(upload(&c, &to, &[Part("title", None, b"x")]).await.refusal(), (422, "upload.no_file".into()));
        assert_eq!(c.post(&to, json!({})).await.refusal(), (415, "upload.multipart".into()));
        let pdf = Part("file", Some("a.pdf"), b"%PDF-1.4");
        assert_eq!(upload(&c, &to, &[pdf, Part("role", None, b"photo")]).await.refusal(), (422, "form.invalid".into()));
        let pdf = Part("file", Some("a.pdf"), b"%PDF-1.4");
        assert_eq!(upload(&c, &to, &[pdf, Part("subject", None, b"cover")]).await.refusal(), (422, "form.invalid".into()));
        let pdf = Part("file", Some("a.pdf"), b"%PDF-1.4");
        assert_eq!(upload(&c, &to, &[pdf, Part("colour", None, b"red")]).await.refusal(), (422, "form.invalid".into()));
        let reader = app.login(Role::Prosecutor, None, None).await;
        let pdf = Part("file", Some("a.pdf"), b"%PDF-1.4");
        assert_eq!(upload(&reader, &to, &[pdf]).await.refusal(), (403, "forbidden".into()));
        assert!(seed.owner > 0);
        let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM attachments")).await.unwrap();
        assert_eq!(n, 0);
    }

    async fn a_removed_document_stays_as_evidence(app: TestApp) {
        let (_, c, well) = one_well(&app).await;
        let a = upload(&c, &format!("{well}/attachments"), &[Part("file", Some("图纸.docx"), b"PK\x03\x04 [Content_Types].xml word/document.xml")]).await.ok();
        assert_eq!(a["role"], "document");
        let got = c.get(&format!("/api/v1/files/{}", a["file"].as_str().unwrap())).await;
        assert!(header(&got, "content-disposition").starts_with("attachment;"), "documents are never opened in the page");
        assert_eq!(c.get(&format!("/api/v1/files/{}?size=thumb", a["file"].as_str().unwrap())).await.status, 404);
        let remove = format!("/api/v1/attachments/{}/remove", a["uid"].as_str().unwrap());
        assert_eq!(c.post(&remove, json!({})).await.refusal(), (422, "form.invalid".into()));
        assert_eq!(c.post(&remove, json!({"reason": "传错井"})).await.status, 200);
        assert_eq!(c.post(&remove, json!({"reason": "传错井"})).await.refusal(), (409, "attachment.removed".into()));
        let file = c.get(&well).await.ok();
        assert_eq!(file["attachments"][0]["removed_reason"], "传错井");
    }

    async fn the_file_of_a_well_prints(app: TestApp) {
        let (_, c, well) = one_well(&app).await;
        let r = upload(&c, &format!("{well}/attachments"), &[Part("file", Some("a.jpg"), &phone_photo())]).await;
        assert_eq!(r.status, 201);
        let pdf = c.get(&format!("{well}/file.pdf")).await;
        assert_eq!((pdf.status.as_u16(), header(&pdf, "content-type")), (200, "application/pdf".to_owned()));
        assert!(pdf.bytes.starts_with(b"%PDF-") && pdf.bytes.len() > 10_000, "{}", pdf.bytes.len());
        let (other,): (i64,) = app.db().one(sql!("SELECT id FROM units WHERE code = 'test-department'")).await.unwrap();
        let other = app.login(Role::Owner, Some(other), None).await;
        assert_eq!(other.get(&format!("{well}/file.pdf")).await.status, 404);
    }

    async fn an_export_holds_what_the_list_shows(app: TestApp) {
        let seed = app.seed().await;
        let mut a = owned(well("5001050102000001", 106.57, 29.6), seed.owner);
        a.area_id = Some(seed.street);
        a.covers[0].codes[0].scheme = "cjt214-16".into();
        a.covers[0].label = Some("牌,\"1\"".into());
        a.covers[0].installed_on = Some(jiff::civil::date(2005, 1, 1));
        a.covers[0].installed_precision = Some("year".into());
        enter(&app, &[a, well("B-1", 106.58, 29.6), well("C-1", 106.59, 29.6)]).await;
        let c = app.login(Role::Registrar, None, None).await;
        let csv = c.get("/api/v1/covers/export?format=csv&road=建新北路").await;
        assert_eq!((header(&csv, "x-jinggai-rows"), header(&csv, "content-type")), ("3".into(), "text/csv; charset=utf-8".into()));
        let text = csv.text();
        assert!(text.starts_with("\u{feff}编号,标识牌号,井盖类型,现状"), "{text}");
        assert!(text.contains("5001050102000001,\"牌,\"\"1\"\"\",污水,完好"), "{text}");
        assert_eq!(text.lines().count(), 4);
        for format in ["csv", "xlsx", "geojson", "gpkg", "shp"] {
            let r = c.get(&format!("/api/v1/covers/export?format={format}&q=B-1")).await;
            assert_eq!(r.status, 200, "{format}: {}", r.text());
            let ending = if format == "shp" { "zip" } else { format };
            let path = app.dir().join(format!("out.{ending}"));
            std::fs::write(&path, &r.bytes).unwrap();
            let source = open(&path, &OpenOptions::default()).unwrap();
            let name = |n: &str, title: &str| source.columns.iter().position(|x| x.name == n || x.name == title).unwrap();
            let (code, lng) = (name("code", "编号"), name("lng", "经度"));
            let rows: Vec<_> = source.records().unwrap().map(|r| r.unwrap()).collect();
            assert_eq!(rows.len(), 1, "{format}");
            assert_eq!(rows[0].cells[code], Cell::Text("B-1".into()), "{format}");
            assert_eq!(rows[0].cells[lng].text().parse(), Ok(106.58), "{format}");
            if ["geojson", "gpkg", "shp"].contains(&format) {
                let at = rows[0].geometry.as_ref().and_then(jinggai_tables::Geometry::as_point).unwrap();
                assert_eq!((at.x, at.y), (106.58, 29.6), "{format}");
            }
        }
        let parts = c.get("/api/v1/covers/export?format=component").await;
        assert_eq!((header(&parts, "x-jinggai-rows"), header(&parts, "x-jinggai-left-out")), ("1".into(), "2".into()));
        let today = jinggai::clock::today().strftime("%Y%m%d").to_string();
        let text = parts.text();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with(&format!("5001050102000001,0102,,污水井盖,,,test-owner,测试排水公司,,,,完好,{today},{today},实测,106.57,29.6,,B,")), "{line}");
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        assert_eq!(header(&owner.get("/api/v1/covers/export?format=csv").await, "x-jinggai-rows"), "1");
        assert_eq!(c.get("/api/v1/covers/export?format=dwg").await.refusal(), (422, "export.format".into()));
        assert_eq!(c.get("/api/v1/covers/export?colour=red").await.refusal(), (422, "filter.invalid".into()));
        let inspector = app.login(Role::Inspector, None, Some(seed.street)).await;
        assert_eq!(inspector.get("/api/v1/covers/export?format=csv").await.refusal(), (403, "forbidden".into()));
        let noted: Vec<(String,)> = app.db().all(sql!("SELECT after FROM events WHERE action = 'exported' ORDER BY seq")).await.unwrap();
        let first: Json = serde_json::from_str(&noted[0].0).unwrap();
        assert_eq!((first["rows"].as_i64(), first["format"].as_str()), (Some(3), Some("csv")));
        assert_eq!(noted.len(), 8, "every export that ran left its trace, no refused one did");
    }

    async fn an_export_of_many_chunks_is_whole(app: TestApp) {
        let wells: Vec<_> = (0..4321).map(|i| well(&format!("K-{i:05}"), 106.4 + f64::from(i) / 100_000.0, 29.6)).collect();
        enter(&app, &wells).await;
        let c = app.login(Role::Registrar, None, None).await;
        let text = c.get("/api/v1/covers/export?format=csv").await.text();
        let codes: Vec<&str> = text.lines().skip(1).map(|l| l.split(',').next().unwrap()).collect();
        assert_eq!(codes.len(), 4321);
        assert!(codes.is_sorted() && codes[4320] == "K-04320");
    }

    async fn a_past_ledger_can_be_taken_out(app: TestApp) {
        let entry = Entry { today: jiff::civil::date(2026, 3, 1), ..Entry::now(30, None) };
        let mut tx = app.db().begin().await.unwrap();
        let (created, list) = ledger::create(&mut tx, &[well("A-1", 106.57, 29.6)], &entry).await.unwrap();
        events::append(&mut tx, &Who::system("test"), list).await.unwrap();
        tx.run(sql!("UPDATE wells SET road = '北滨一路' WHERE id = ?", created[0].well_id)).await.unwrap();
        jinggai::registry::facts::refresh(&mut tx, &[created[0].well_id], jiff::civil::date(2026, 4, 1)).await.unwrap();
        tx.commit().await.unwrap();
        let c = app.login(Role::Registrar, None, None).await;
        for (day, road) in [("2026-03-15", "建新北路"), ("2026-04-01", "北滨一路")] {
            let text = c.get(&format!("/api/v1/covers/export?format=csv&as_of={day}")).await.text();
            assert!(text.lines().nth(1).unwrap().contains(road) && text.lines().count() == 2, "{text}");
        }
    }
}
