//! Each paper with data as a district has them: page counts, text that can be taken out again, missing characters.
#![allow(clippy::unwrap_used)]
use jinggai_paper::*;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::load(&[]).unwrap());

/// The text of a PDF, read by another program.
fn text(pdf: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext of poppler-utils is installed: run make deps");
    let mut stdin = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

fn keep(name: &str, pdf: &[u8]) {
    if let Ok(dir) = std::env::var("JINGGAI_KEEP_PAPERS") {
        std::fs::write(std::path::Path::new(&dir).join(name), pdf).unwrap();
    }
}

fn some(s: &str) -> Option<String> {
    Some(s.to_owned())
}

fn file(events: usize) -> WellFileData {
    WellFileData {
        issuer: some("江北区城市管理局"),
        mark: some("演示数据"),
        codes: vec![
            CodeRow {
                code: "5001050102000017".into(),
                scheme: some("部件标识码 16 位"),
                state: some("在用"),
                since: some("2026-11-24"),
                ..CodeRow::default()
            },
            CodeRow {
                code: "sewage-20878".into(),
                scheme: some("source:sudbury"),
                state: some("曾用"),
                ..CodeRow::default()
            },
        ],
        plate_url: some("https://jinggai.example.cn/c/5001050102000017"),
        identity: Identity {
            kind: some("污水"),
            state: some("在用"),
            condition: some("下沉"),
            ..Identity::default()
        },
        place: Place {
            longitude: Some(106.532_844),
            latitude: Some(29.575_352),
            accuracy: some("B级（±1.0米）"),
            street: Some(Area { name: some("郭家沱街道"), code: some("500105008") }),
            road: some("铁山坪森林大道"),
            address: some("磜口桥头"),
            setting: some("机动车道"),
            low_lying: Some(true),
            ..Place::default()
        },
        covers: vec![CoverBlock {
            name: some("5001050102000017"),
            state: some("下沉"),
            size: some("D700"),
            material: some("球墨铸铁"),
            load_class: some("D400"),
            ..CoverBlock::default()
        }],
        responsibilities: vec![
            ResponsibilityRow {
                role: Role::Owner,
                unit: "区排水公司".into(),
                contact: some("023-67850000"),
                since: some("2026-01-01"),
                until: None,
                evidence: some("移交协议〔2026〕3号"),
            },
            ResponsibilityRow {
                role: Role::Supervisor,
                unit: "区住房城乡建委".into(),
                contact: None,
                since: some("2021-07-22"),
                until: None,
                evidence: None,
            },
        ],
        events: (0..events)
            .map(|i| EventRow {
                seq: Some(i as i64 + 1),
                at: some("2026-11-24 09:30"),
                who: some("registrar"),
                role: some("台账管理员"),
                what: some("修改：状况 完好 → 下沉"),
                reason: some("巡查发现"),
            })
            .collect(),
        provenance: Provenance {
            printed_at: some("2026-11-24 10:00"),
            event_seq: Some(2172),
            event_hash: some("9f58aa7747fd8341"),
            digest: some("SM3 9f58aa77"),
            ..Provenance::default()
        },
        ..WellFileData::default()
    }
}

#[test]
fn a_well_file_says_everything_in_chinese() {
    let paper = well_file(&FONTS, &file(12)).unwrap();
    keep("well.pdf", &paper.pdf);
    let text = text(&paper.pdf);
    for part in [
        "5001050102000017",
        "郭家沱街道",
        "铁山坪森林大道",
        "磜口桥头",
        "区排水公司",
        "移交协议",
        "下沉",
        "演示数据",
        "2172",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert_eq!(paper.warnings, Vec::<String>::new());
}

#[test]
fn an_empty_file_is_still_a_paper() {
    let paper = well_file(&FONTS, &WellFileData::default()).unwrap();
    assert!(paper.pages >= 1);
}

#[test]
fn a_long_history_goes_on_over_pages() {
    let paper = well_file(&FONTS, &file(2_000)).unwrap();
    assert!(paper.pages > 20, "{}", paper.pages);
}

#[test]
fn a_character_that_no_font_has_is_told() {
    let mut data = file(0);
    data.place.road = some("𠮷祥路");
    let paper = well_file(&FONTS, &data).unwrap();
    assert!(paper.warnings.iter().any(|w| w.contains('𠮷')), "{:?}", paper.warnings);
    assert_eq!(FONTS.missing("窨井盖箅磜𠮷"), vec!['𠮷']);
}

fn annex(rows: usize) -> TableReport {
    let column = |title: &str, group: &[&str], align| TableColumn {
        title: title.into(),
        group: group.iter().map(|g| (*g).to_owned()).collect(),
        align,
    };
    let mut columns = vec![
        column("序号", &[], Align::Right),
        column("填报单位", &[], Align::Left),
        column("道路名称", &[], Align::Left),
        column("窨井盖总数", &[], Align::Right),
    ];
    for kind in ["供水", "雨水", "污水", "电力", "通信", "燃气", "路灯", "其他"] {
        columns.push(column(kind, &["其中"], Align::Right));
    }
    for state in ["完好", "破损", "下沉", "松动", "缺失", "废弃"] {
        columns.push(column(state, &["状况"], Align::Right));
    }
    let width = columns.len();
    let row = |i: usize| {
        (0..width)
            .map(|c| match c {
                0 => (i + 1).to_string(),
                1 => "华新街街道".into(),
                2 => format!("建新北路{i}段"),
                c => (c * i).to_string(),
            })
            .collect()
    };
    TableReport {
        annex: some("附件1"),
        title: "江北区城市道路窨井盖普查统计表".into(),
        unit: some("华新街街道"),
        as_of: some("2026-11-24"),
        counted_in: some("个"),
        columns,
        rows: (0..rows).map(row).collect(),
        totals: Some(vec!["9".into(); width]),
        checks: vec![Check {
            text: "总数＝各类之和".into(), holds: false, where_not: some("第 3 行差 2")
        }],
        sign_off: SignOff { filled_on: some("2026-11-24"), ..SignOff::default() },
        digest: some("SM3 9f58aa77"),
        ..TableReport::default()
    }
}

#[test]
fn an_annex_repeats_its_head_on_every_page() {
    let paper = table_report(&FONTS, &annex(90)).unwrap();
    keep("annex.pdf", &paper.pdf);
    assert!(paper.pages >= 2);
    let text = text(&paper.pdf);
    assert!(text.matches("填报单位").count() >= paper.pages, "{text}");
    for part in ["江北区城市道路窨井盖普查统计表", "建新北路 89 段", "第 3 行差 2", "填表人", "审核人"]
    {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}

#[test]
fn a_row_of_another_width_is_refused_by_number() {
    let mut report = annex(3);
    report.rows[1].pop();
    assert!(table_report(&FONTS, &report).unwrap_err().to_string().contains("第 2 行"));
}

#[test]
fn plates_carry_number_unit_and_phone() {
    let labels: Vec<Label> = (0..30)
        .map(|i| Label {
            code: format!("50010501020000{i:02}"),
            url: format!("https://jinggai.example.cn/c/50010501020000{i:02}"),
            kind: some("污水"),
            unit: some("区排水公司"),
            phone: some("023-67850000"),
        })
        .collect();
    let paper = label_sheet(&FONTS, &labels, &LabelLayout::default()).unwrap();
    keep("labels.pdf", &paper.pdf);
    assert_eq!(paper.pages, 2);
    let text = text(&paper.pdf);
    assert!(text.contains("5001050102000029") && text.contains("023-67850000"), "{text}");
}
