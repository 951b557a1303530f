//! 依据: the marks of the domain reference in words that an official can read.
//!
//! A rule's source says `CJJ 68-2016 3.3.4 [B]；[A][S33]`: how far it can be trusted, and where it was read. The packs
//! keep these marks, since they are the evidence; people read `CJJ 68-2016 3.3.4（转引）；运城市立案、处置与结案标准`.

/// Where the facts of the shipped packs were read (domain reference, section 13), named by what they are.
const SOURCES: [(&str, &str); 21] = [
    ("S01", "《江北区城市窨井盖专项整治行动方案》"),
    ("S06", "一自治区 2023 年 1 月通知"),
    ("S08", "窨井盖普查的行业文章"),
    ("S09", "四川省七部门 2022 年通知"),
    ("S11", "武进区 2023 年 11 月报道"),
    ("S16", "重庆市城市管理局 2023 年 2 月报道"),
    ("S18", "JeePlus 开源道路病害模块"),
    ("S22", "北京市 2020 年标准的报道"),
    ("S30", "苏州部件接口"),
    ("S31", "引用 GB/T 30428.2 的部件数据字典"),
    ("S32", "CJ/T 214-2007 部件清单"),
    ("S33", "运城市立案、处置与结案标准"),
    ("S35", "开源数字城管项目的案卷规范"),
    ("S40", "成都市金牛区考核评分"),
    ("S41", "公开的城市问题数据集"),
    ("S50", "EN 124 铸造厂产品资料"),
    ("S55", "息烽县 2023 年方案"),
    ("S59a", "天津市 2017 年规定"),
    ("S71", "九龙坡区防坠网报道"),
    ("S72", "宁波 2015 年报道"),
    ("S80", "綦江区“五防”井盖报道"),
];

/// How far a mark says a fact can be trusted; nothing for a primary text that was read.
fn trust(mark: &str) -> Option<&'static str> {
    match mark {
        "B" => Some("转引"),
        "C" => Some("厂商资料"),
        "M" => Some("未核实"),
        "I" => Some("推定"),
        _ => None,
    }
}

/// The text with its marks in words.
#[must_use]
pub fn cite(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, marks) = rest.split_at(at);
        out.push_str(before);
        let (said, taken) = run(marks);
        if taken == 0 {
            out.push('[');
            rest = &marks[1..];
            continue;
        }
        rest = &marks[taken..];
        put(&mut out, &said);
        if said.is_empty() && begins(&out) {
            rest = rest.trim_start();
        }
    }
    out.push_str(rest);
    out.replace("domain.md ", "领域资料 ")
}

/// What the marks at the beginning of the text say, and how long they are.
fn run(text: &str) -> (Vec<&'static str>, usize) {
    let (mut sources, mut trusts, mut taken) = (vec![], vec![], 0);
    while let Some(mark) = text[taken..].strip_prefix('[').and_then(|t| t.split_once(']')).map(|(m, _)| m) {
        match SOURCES.iter().find(|(key, _)| *key == mark) {
            Some((_, name)) => sources.push(*name),
            None if matches!(mark, "A" | "B" | "C" | "M" | "I") => trusts.extend(trust(mark)),
            None => break,
        }
        taken += mark.len() + 2;
    }
    sources.extend(trusts);
    (sources, taken)
}

/// Does a clause begin after this?
fn begins(text: &str) -> bool {
    text.is_empty() || text.ends_with(['；', '：', '（', '，', '。', '、', '('])
}

/// Adds what the marks say: by itself where a clause begins, else in brackets.
fn put(out: &mut String, said: &[&str]) {
    let kept = out.trim_end().len();
    out.truncate(kept);
    match said {
        [] => {}
        [first, more @ ..] if begins(out) => {
            out.push_str(first);
            if !more.is_empty() {
                out.push_str(&format!("（{}）", more.join("，")));
            }
        }
        _ => out.push_str(&format!("（{}）", said.join("，"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_words() {
        for (text, said) in [
            ("[B][S11]", "武进区 2023 年 11 月报道（转引）"),
            ("CJJ 68-2016 3.3.4 [B]；[A][S33]", "CJJ 68-2016 3.3.4（转引）；运城市立案、处置与结案标准"),
            (
                "替换灰铸铁井盖 [B][S80]；清单可改 [I]",
                "替换灰铸铁井盖（綦江区“五防”井盖报道，转引）；清单可改（推定）",
            ),
            ("城镇排水与污水处理条例 26 [A]", "城镇排水与污水处理条例 26"),
            ("建办督〔2021〕7号 [x] 与 [S99]", "建办督〔2021〕7号 [x] 与 [S99]"),
            ("[A] 四(一)：雨污水窨井盖", "四(一)：雨污水窨井盖"),
            ("", ""),
        ] {
            assert_eq!(cite(text), said, "{text}");
        }
    }

    #[test]
    fn no_mark_of_a_shipped_pack_stays_unread() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
        for pack in std::fs::read_dir(folder).unwrap().flatten() {
            let text = std::fs::read_to_string(pack.path()).unwrap();
            for line in text.lines().filter(|l| !l.trim_start().starts_with('#')) {
                let said = cite(line);
                let left = [
                    "[A]", "[B]", "[C]", "[M]", "[I]", "[S0", "[S1", "[S2", "[S3", "[S4", "[S5", "[S6",
                    "[S7", "[S8",
                ];
                assert!(!left.iter().any(|m| said.contains(m)), "{}: {said}", pack.path().display());
            }
        }
    }
}
