//! Records as a district would have them (names of places are real, units' contacts are not).

use jinggai_paper::{
    Align, Area, Check, CodeRow, CoverBlock, DeviceRow, DocumentRow, EventRow, FallGuardBlock, Identity,
    Label, LabelLayout, LabelRow, Photo, Pipe, Place, Provenance, Remark, ResponsibilityRow, Role, SignOff,
    Sketch, SketchLine, SketchLineKind, SketchPoint, TableColumn, TableReport, WellBlock, WellFileData,
};

pub const HASH: &str = "9f2c1d0be57a6c1f0f0a4ad27b8e11c3d5a9e0476cb3f8122e6b7d90c4a1f35e";

fn s(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A picture of a round cover on a street, drawn.
pub fn jpeg(seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    street(seed).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

pub fn png(seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    street(seed).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn street(seed: u8) -> image::RgbImage {
    image::RgbImage::from_fn(240, 180, |x, y| {
        let (dx, dy) = (x as f64 - 120.0, (y as f64 - 95.0) * 1.4);
        let r = (dx * dx + dy * dy).sqrt();
        let grain = ((x * 31 + y * 17 + u32::from(seed) * 7) % 23) as u8;
        let tone = if r < 70.0 && (x / 9 + y / 9) % 2 == 0 {
            60
        } else if r < 70.0 {
            84
        } else {
            150
        };
        image::Rgb([tone + grain, tone + grain, tone + grain / 2 + seed % 20])
    })
}

/// A file with something in every block.
pub fn full_file() -> WellFileData {
    WellFileData {
        issuer: s("重庆市江北区城市管理局"),
        mark: s("演示数据"),
        codes: vec![
            CodeRow {
                code: "5001050800210123".into(),
                scheme: s("部件标识码（16 位）"),
                subject: s("1 号盖"),
                state: s("在用"),
                since: s("2021-09-18"),
                until: None,
            },
            CodeRow {
                code: "5001050080021000123".into(),
                scheme: s("窨井盖编号（19 位）"),
                subject: s("井"),
                state: s("在用"),
                since: s("2023-04-01"),
                until: None,
            },
            CodeRow {
                code: "郭污-0123".into(),
                scheme: s("权属单位旧编号"),
                subject: s("井"),
                state: s("停用"),
                since: s("2014-06-01"),
                until: s("2021-09-17"),
            },
        ],
        plate_url: s("https://jinggai.jiangbei.example/c/5001050800210123"),
        identity: Identity {
            id: s("0192f3a4-7c1e-7b5a-9d42-6f1c3a8e5b07"),
            kind: s("污水"),
            state: s("在用"),
            condition: s("完好"),
            filed_by: s("郭家沱街道办事处"),
            filed_on: s("2021-09-18"),
            surveyed: s("2021-09-16　普查员 周敏"),
            remarks: vec![],
        },
        place: place(),
        well: well(),
        covers: covers(),
        fall_guards: vec![FallGuardBlock {
            kind: s("聚乙烯防坠网"),
            count: Some(1),
            installed_on: s("2023-05-11"),
            tested_load_kg: Some(300.0),
            next_test_on: s("2027-05-11"),
            replace_on: s("2027-05-31"),
            state: s("完好"),
        }],
        responsibilities: responsibilities(),
        labels: vec![LabelRow {
            number: s("5001050800210123"),
            text: s("江北区　污水"),
            content: s("https://jinggai.jiangbei.example/c/5001050800210123"),
            fixed_on: s("2021-10-08"),
            state: s("完好"),
        }],
        devices: vec![DeviceRow {
            id: s("86412305-0031"),
            kind: s("井盖倾斜监测"),
            installed_on: s("2024-03-20"),
            thresholds: s("倾角 10°，持续 3 s"),
            last_report: s("2026-11-24 06:00"),
        }],
        photos: photos(),
        events: events(18),
        documents: vec![
            DocumentRow {
                title: s("铁山坪路污水管网改造工程竣工图（井号磜-17）"),
                kind: s("竣工图"),
                date: s("2014-06-20"),
                hash: s(HASH),
            },
            DocumentRow {
                title: s("窨井盖移交单"),
                kind: s("移交单"),
                date: s("2014-07-02"),
                hash: s("0a4ad27b8e11c3d5a9e0476cb3f8122e6b7d90c4a1f35e9f2c1d0be57a6c1f0f"),
            },
        ],
        provenance: Provenance {
            printed_at: s("2026-11-24 10:42"),
            printed_by: s("张建国"),
            digest: Some(format!("SM3 {HASH}")),
            event_seq: Some(128_417),
            event_hash: s("c3d5a9e0476cb3f8122e6b7d90c4a1f35e9f2c1d0be57a6c1f0f0a4ad27b8e11"),
        },
        ..WellFileData::default()
    }
}

fn place() -> Place {
    Place {
        longitude: Some(106.7216),
        latitude: Some(29.610_348_2),
        east_m: Some(68_214.37),
        north_m: Some(71_902.8),
        accuracy: s("B（≤1.0 m）"),
        source: s("手机定位 GCJ-02，已转换为 CGCS2000"),
        district: Some(Area { name: s("江北区"), code: s("500105") }),
        street: Some(Area { name: s("郭家沱街道"), code: s("500105008") }),
        community: Some(Area { name: s("大溪村社区"), code: s("500105008002") }),
        grid: Some(Area { name: None, code: s("500105008002014") }),
        road: s("铁山坪路（磜石湾段）"),
        address: s("铁山坪路 118 号门前，距路沿 1.2 m"),
        setting: s("机动车道"),
        tactile_path: Some(false),
        low_lying: Some(true),
        crowded: Some(false),
        sketch: Some(Sketch {
            half_width_m: 60.0,
            lines: vec![
                SketchLine {
                    kind: SketchLineKind::Road,
                    points: vec![[-80.0, -22.0], [0.0, -4.0], [80.0, 30.0]],
                },
                SketchLine {
                    kind: SketchLineKind::Road,
                    points: vec![[-80.0, -12.0], [0.0, 6.0], [80.0, 40.0]],
                },
                SketchLine { kind: SketchLineKind::Road, points: vec![[12.0, -80.0], [16.0, 2.0]] },
                SketchLine {
                    kind: SketchLineKind::Pipe,
                    points: vec![[-42.0, -11.0], [0.0, 0.0], [38.0, 17.0]],
                },
            ],
            points: vec![
                SketchPoint { east_m: -42.0, north_m: -11.0, name: s("0122") },
                SketchPoint { east_m: 38.0, north_m: 17.0, name: s("0124") },
                SketchPoint { east_m: 9.0, north_m: -34.0, name: s("0781 雨水") },
                SketchPoint { east_m: 300.0, north_m: 0.0, name: s("图外") },
            ],
        }),
        remarks: vec![Remark { name: "路侧".into(), value: "东侧".into() }],
    }
}

fn well() -> WellBlock {
    WellBlock {
        depth_m: Some(3.2),
        neck_m: Some(0.45),
        shape: s("圆形"),
        size: s("D1000"),
        wall_material: s("钢筋混凝土"),
        ground_elevation_m: Some(247.318),
        bottom_elevation_m: Some(244.118),
        water_mm: Some(150.0),
        mud_mm: Some(40.0),
        facilities: s("踏步、流槽"),
        pipes: vec![
            Pipe {
                direction: s("进"),
                other_end: s("郭污-0122"),
                section: s("DN400"),
                material: s("HDPE 双壁波纹管"),
                invert_m: Some(244.21),
            },
            Pipe {
                direction: s("出"),
                other_end: s("郭污-0124"),
                section: s("DN400"),
                material: s("HDPE 双壁波纹管"),
                invert_m: Some(244.13),
            },
        ],
        remarks: vec![],
    }
}

fn covers() -> Vec<CoverBlock> {
    let first = CoverBlock {
        name: s("1 号盖（外盖）"),
        state: s("完好"),
        shape: s("圆"),
        size: s("D800"),
        opening_mm: Some(700.0),
        material: s("球墨铸铁"),
        load_class: s("D400"),
        fittings: s("铰链、防盗锁、橡胶降噪圈"),
        maker: s("重庆江北铸造有限公司"),
        batch: s("202302-117"),
        standard: s("GB/T 23858"),
        installed_on: s("2023-05-11"),
        design_life_years: Some(15),
        expires_on: s("2038-05-11"),
        remarks: vec![],
    };
    let second = CoverBlock {
        name: s("2 号盖（子盖）"),
        state: s("完好"),
        shape: s("圆"),
        size: s("D600"),
        material: s("复合材料"),
        ..CoverBlock::default()
    };
    vec![first, second]
}

fn responsibilities() -> Vec<ResponsibilityRow> {
    let row = |role, unit: &str, contact, since, until, evidence| ResponsibilityRow {
        role,
        unit: unit.to_owned(),
        contact,
        since,
        until,
        evidence,
    };
    vec![
        row(
            Role::Owner,
            "江北区郭家沱建设投资有限公司",
            None,
            s("2014-07-02"),
            s("2021-08-31"),
            s("移交单〔2014〕37 号"),
        ),
        row(
            Role::Owner,
            "重庆市江北区排水管理有限公司",
            s("值班室 023-60000119"),
            s("2021-09-01"),
            None,
            s("江城综办〔2021〕12 号"),
        ),
        row(
            Role::Maintainer,
            "江北区市政设施养护中心",
            s("李强 023-60000120"),
            s("2021-09-01"),
            None,
            s("养护合同 2021-08"),
        ),
        row(
            Role::Supervisor,
            "江北区住房和城乡建设委员会",
            None,
            s("2021-07-22"),
            None,
            s("行动方案部门分工"),
        ),
        row(Role::Territorial, "郭家沱街道办事处", s("周敏 023-60000121"), s("2021-07-22"), None, None),
    ]
}

fn photos() -> Vec<Photo> {
    let captions = ["安装后全景", "井内防坠网", "标识近景", "更换前：盖面破损"];
    let photo = |(i, caption): (usize, &&str)| Photo {
        bytes: if i == 2 { png(i as u8) } else { jpeg(i as u8 * 5) },
        taken_at: Some(format!("2023-05-11 1{i}:2{i}")),
        caption: s(caption),
        hash: s(HASH),
    };
    captions.iter().enumerate().map(photo).collect()
}

/// A history of `count` events.
pub fn events(count: usize) -> Vec<EventRow> {
    let acts = [
        ("周敏", "普查员", "普查登记：污水井，球墨铸铁盖 D800，现状完好", None),
        ("郭家沱街道办事处", "属地单位", "建档，核发编号", Some("一井一档案、一盖一编号")),
        ("李强", "巡查员", "巡查：未发现问题", None),
        ("王芳", "指挥中心", "立案并派遣：盖面破损，长约 12 cm", Some("市民扫码上报")),
        (
            "江北区市政设施养护中心",
            "管养单位",
            "更换井盖，加装防坠网",
            Some("材质落后、超设计使用年限；现场已设围护"),
        ),
        ("赵磊", "核查员", "核查通过，结案", Some("高差 3 mm，安装牢固，照片 3 张")),
    ];
    let event = |i: usize| {
        let (who, role, what, reason) = acts[i % acts.len()];
        EventRow {
            seq: Some(1_000 + i as i64 * 7),
            at: Some(format!(
                "20{:02}-{:02}-{:02} {:02}:{:02}",
                21 + i / 700,
                1 + i % 12,
                1 + i % 28,
                8 + i % 10,
                i % 60
            )),
            who: s(who),
            role: s(role),
            what: s(what),
            reason: reason.map(str::to_owned),
        }
    };
    (0..count).map(event).collect()
}

/// Annex 1 with `rows` rows: reporting unit and road, kinds, ownership, archive, state.
pub fn annex1(rows: usize) -> TableReport {
    let kinds = ["供水", "雨水", "污水", "电力", "通信", "燃气", "路灯", "公安信号", "广电", "热力", "其他"];
    let states = ["完好", "破损", "下沉", "松动", "缺失", "废弃"];
    let column = |title: &str, group: &[&str], align| TableColumn {
        title: title.into(),
        group: group.iter().map(|g| (*g).into()).collect(),
        align,
    };
    let mut columns = vec![
        column("序号", &[], Align::Center),
        column("道路名称（起止）", &[], Align::Left),
        column("道路管理责任单位", &[], Align::Left),
        column("窨井盖总数", &[], Align::Right),
    ];
    columns.extend(kinds.iter().map(|k| column(k, &["其中：按井盖类型"], Align::Right)));
    columns.extend(["权属明确数", "权属不明数"].iter().map(|k| column(k, &["权属"], Align::Right)));
    columns.push(column("兜底单位", &["权属"], Align::Left));
    columns.extend(["已设标识数", "已建档数"].iter().map(|k| column(k, &["编号建档"], Align::Right)));
    columns.extend(states[..1].iter().map(|k| column(k, &["现状"], Align::Right)));
    columns.extend(states[1..].iter().map(|k| column(k, &["现状", "存在问题"], Align::Right)));
    columns.push(column("备注", &[], Align::Left));
    let roads = ["铁山坪路（磜石湾段）", "郭家沱正街", "大溪村路（飞岚垭—琏珠）", "唐桂大道", "望江路"];
    let row = |i: usize| {
        let mut cells = vec![
            (i + 1).to_string(),
            roads[i % roads.len()].into(),
            "郭家沱街道办事处".into(),
            "1166".into(),
        ];
        cells.extend((0..kinds.len()).map(|k| (96 + k * 2).to_string()));
        cells.extend(["1160".into(), "6".into(), "郭家沱街道办事处".into(), "1150".into(), "1160".into()]);
        cells.extend(["1121", "21", "9", "12", "1", "2"].map(String::from));
        cells.push(String::new());
        cells
    };
    let rows: Vec<Vec<String>> = (0..rows).map(row).collect();
    let total = |x: usize| {
        let numbers: Option<Vec<u64>> = rows.iter().map(|r| r[x].parse().ok()).collect();
        numbers.map(|n| n.iter().sum::<u64>().to_string()).unwrap_or_default()
    };
    let mut totals: Vec<String> = (0..columns.len()).map(total).collect();
    totals[0] = String::new();
    totals[1] = "合　计".into();
    TableReport {
        annex: s("附件1"),
        title: "江北区城市道路窨井盖普查统计表".into(),
        unit: s("郭家沱街道办事处"),
        as_of: s("2026年11月24日"),
        period: None,
        counted_in: s("个"),
        mark: s("演示数据"),
        columns,
        rows,
        totals: Some(totals),
        checks: vec![
            Check { text: "窨井盖总数＝各类型之和".into(), holds: true, where_not: None },
            Check {
                text: "窨井盖总数＝权属明确数＋权属不明数".into(), holds: true, where_not: None
            },
            Check {
                text: "已设标识数≤已建档数≤窨井盖总数".into(), holds: false, where_not: s("第 3 行")
            },
        ],
        notes: vec!["“权属不明”指经公告仍未认领、由兜底单位代管的窨井盖。".into()],
        sign_off: SignOff {
            filled_by: s("周敏"),
            reviewed_by: None,
            phone: s("023-60000121"),
            filled_on: s("2026年11月24日"),
        },
        query: s("annex1 street=500105008 as-of=2026-11-24 by=road"),
        digest: Some(format!("SM3 {HASH}")),
        printed_at: s("2026-11-24 10:42"),
    }
}

/// A plain list of few columns.
pub fn short_list() -> TableReport {
    let column = |title: &str, align| TableColumn { title: title.into(), group: vec![], align };
    let row = |i: usize| {
        vec![
            format!("500105080021{i:04}"),
            "雨水".into(),
            "郭家沱正街 23 号对面人行道，公交站旁".into(),
            "重庆市江北区排水管理有限公司".into(),
            "破损".into(),
            "2026-11-27".into(),
        ]
    };
    TableReport {
        title: "窨井盖限期整改清单".into(),
        unit: s("江北区城市管理局"),
        as_of: s("2026年11月24日"),
        columns: vec![
            column("编号", Align::Center),
            column("类型", Align::Center),
            column("位置", Align::Left),
            column("权属单位", Align::Left),
            column("隐患", Align::Center),
            column("整改期限", Align::Center),
        ],
        rows: (0..8).map(row).collect(),
        ..TableReport::default()
    }
}

pub fn labels(count: usize) -> Vec<Label> {
    let label = |i: usize| Label {
        code: format!("500105080021{i:04}"),
        url: format!("https://jinggai.jiangbei.example/c/500105080021{i:04}"),
        kind: s(["雨水", "污水", "电力", "通信"][i % 4]),
        unit: s(["江北区排水管理有限公司", "国网重庆市电力公司江北供电分公司"][i % 2]),
        phone: s("023-60000119"),
    };
    (0..count).map(label).collect()
}

pub fn label_layout() -> LabelLayout {
    LabelLayout {
        heading: s("重庆市江北区窨井盖"),
        hint: s("发现井盖问题请扫码上报"),
        ..LabelLayout::default()
    }
}
