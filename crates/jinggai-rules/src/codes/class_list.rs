//! Lists of component classes (部件小类): number ↔ kind of cover, per list.
//!
//! The same number means different things in different lists (0114 无主井盖 or 园林井盖), so nothing here answers
//! without its list.

use serde::{Deserialize, Serialize};

use crate::error::RuleError;
use crate::kinds::CoverKind;
use crate::pack::{PackHead, RulePack};

/// One class list, such as that of CJ/T 214-2007 (`domain.md` 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassList {
    /// Head; its id and version are stored with every class code.
    pub pack: PackHead,
    /// Chinese name of the list.
    pub name: String,
    /// The classes.
    pub classes: Vec<ClassEntry>,
}

/// One class: two digits 大类 and two or three digits 小类.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    /// 大类 + 小类 as printed in the list.
    pub code: String,
    /// Chinese name in the list.
    pub name: String,
    /// The kind of cover; absent for components that are no covers or have no kind of ours (交接箱, 供水器).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CoverKind>,
    /// When several classes mean one kind: the one to use for new codes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
}

impl ClassEntry {
    fn major(&self) -> &str {
        &self.code[..2]
    }

    fn minor(&self) -> Option<u32> {
        self.code[2..].parse().ok()
    }
}

impl ClassList {
    /// The entry of a class code; a three-digit 小类 means the same as a two-digit one padded with zero \[I\].
    pub fn entry(&self, class: &str) -> Option<&ClassEntry> {
        if !is_class_code(class) {
            return None;
        }
        let minor: u32 = class[2..].parse().ok()?;
        self.classes.iter().find(|entry| entry.major() == &class[..2] && entry.minor() == Some(minor))
    }

    /// The kind of cover that a class code means in this list.
    pub fn kind_of(&self, class: &str) -> Option<CoverKind> {
        self.entry(class)?.kind
    }

    /// The class code for a kind, with a 小类 of `minor_width` digits; `None` if the list has no class for it.
    pub fn class_of(&self, kind: CoverKind, minor_width: usize) -> Option<String> {
        let of_kind = || self.classes.iter().filter(|entry| entry.kind == Some(kind));
        let entry = of_kind().find(|entry| entry.primary).or_else(|| of_kind().next())?;
        let code = format!("{}{:0minor_width$}", entry.major(), entry.minor()?);
        (code.len() == 2 + minor_width).then_some(code)
    }
}

impl RulePack for ClassList {
    const KIND: &'static str = "class_list";
    const SHIPPED: &'static [&'static str] = &[
        include_str!("../../packs/classes-cjt214-2007.toml"),
        include_str!("../../packs/classes-yuncheng-30428.toml"),
    ];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        for (index, entry) in self.classes.iter().enumerate() {
            let key = format!("classes[{index}].code");
            if !is_class_code(&entry.code) {
                let right = "2 位大类加 2 或 3 位小类，共 4 或 5 位数字，例如 0102";
                return Err(RuleError::value(Self::KIND, key, format!("“{}”", entry.code), right));
            }
            if self.classes[..index]
                .iter()
                .any(|other| other.major() == entry.major() && other.minor() == entry.minor())
            {
                let problem = format!("“{}”重复", entry.code);
                return Err(RuleError::value(Self::KIND, key, problem, "同一清单内每个小类只出现一次"));
            }
        }
        Ok(())
    }
}

fn is_class_code(code: &str) -> bool {
    matches!(code.len(), 4 | 5) && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(id: &str) -> ClassList {
        ClassList::shipped_by_id(id).unwrap()
    }

    #[test]
    fn one_number_two_meanings() {
        let check = |list_id: &str, class: &str, want: Option<CoverKind>| {
            assert_eq!(list(list_id).kind_of(class), want, "{list_id} {class}");
        };
        check("cjt214-2007", "0114", Some(CoverKind::Ownerless));
        check("yuncheng-30428", "0114", Some(CoverKind::Landscape));
        check("cjt214-2007", "0127", Some(CoverKind::Reclaimed));
        check("yuncheng-30428", "0127", None);
        check("yuncheng-30428", "01014", Some(CoverKind::Landscape));
        check("cjt214-2007", "0102", Some(CoverKind::Sewage));
        check("cjt214-2007", "9902", None);
        check("cjt214-2007", "1", None);
        check("cjt214-2007", "污水", None);
    }

    #[test]
    fn kinds_to_classes() {
        let check = |list_id: &str, kind: CoverKind, minor: usize, want: Option<&str>| {
            assert_eq!(list(list_id).class_of(kind, minor).as_deref(), want, "{list_id} {kind}");
        };
        check("cjt214-2007", CoverKind::Other, 2, Some("0130"));
        check("yuncheng-30428", CoverKind::Septic, 3, Some("01018"));
        check("yuncheng-30428", CoverKind::Power, 3, None);
        check("cjt214-2007", CoverKind::Septic, 2, None);
    }

    #[test]
    fn every_class_of_a_kind_leads_back_to_it() {
        for list in ClassList::shipped() {
            for kind in CoverKind::ALL {
                for minor in [2, 3] {
                    let back = list.class_of(*kind, minor).and_then(|class| list.kind_of(&class));
                    assert!(back.is_none() || back == Some(*kind), "{} {kind}", list.pack.id);
                }
            }
        }
    }

    #[test]
    fn bad_lists_are_refused() {
        let check = |classes: &str, want: &str| {
            let text = format!(
                "name = 'x'\nclasses = [{classes}]\n[pack]\nid = 'x'\nversion = 1\neffective_from = '2020-01-01'\nsource = 's'\n"
            );
            assert_eq!(ClassList::parse(&text).unwrap_err().to_string(), want);
        };
        check(
            "{ code = '01', name = 'a' }",
            "规则包class_list的 classes[0].code 有误：“01”；应为：2 位大类加 2 或 3 位小类，共 4 或 5 位数字，例如 0102",
        );
        check(
            "{ code = '0101', name = 'a' }, { code = '01001', name = 'b' }",
            "规则包class_list的 classes[1].code 有误：“01001”重复；应为：同一清单内每个小类只出现一次",
        );
    }
}
