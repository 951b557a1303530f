//! Password rules (口令规则). Hashing (argon2id), lock-out and storage are the main crate's.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::{Explain, RuleError};
use crate::pack::{PackHead, RulePack};

/// 口令规则 \[I\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRules {
    /// Head.
    pub pack: PackHead,
    /// Least number of characters.
    pub least_length: usize,
    /// Greatest number of characters: hashing must not be a lever against the server.
    pub most_length: usize,
    /// How many of 小写、大写、数字、其他 must occur.
    pub least_classes: usize,
    /// Least number of different characters.
    pub least_distinct: usize,
    /// Passwords that everybody tries first, in lower case.
    pub worst: Vec<String>,
}

/// One thing wrong with a password; never repeats the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum PasswordFault {
    /// 太短.
    #[error("口令太短，至少 {least} 个字符")]
    TooShort {
        /// Least number of characters.
        least: usize,
    },
    /// 太长.
    #[error("口令太长，最多 {most} 个字符")]
    TooLong {
        /// Greatest number of characters.
        most: usize,
    },
    /// 字符种类太少.
    #[error("口令字符种类太少，小写字母、大写字母、数字、其他字符中至少要有 {least} 种")]
    TooFewClasses {
        /// Least number of classes.
        least: usize,
    },
    /// 重复太多.
    #[error("口令重复太多，至少要有 {least} 个不同的字符")]
    TooRepetitive {
        /// Least number of different characters.
        least: usize,
    },
    /// 含有登录名.
    #[error("口令不能包含登录名")]
    ContainsLogin,
    /// 常见弱口令.
    #[error("口令是常见弱口令，请换一个")]
    TooCommon,
}

impl Explain for PasswordFault {
    fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "password.too_short",
            Self::TooLong { .. } => "password.too_long",
            Self::TooFewClasses { .. } => "password.too_few_classes",
            Self::TooRepetitive { .. } => "password.too_repetitive",
            Self::ContainsLogin => "password.contains_login",
            Self::TooCommon => "password.too_common",
        }
    }

    fn message_en(&self) -> String {
        match self {
            Self::TooShort { least } => format!("the password needs at least {least} characters"),
            Self::TooLong { most } => format!("the password may have at most {most} characters"),
            Self::TooFewClasses { least } => {
                format!("use at least {least} of: small letters, capital letters, digits, other characters")
            }
            Self::TooRepetitive { least } => format!("use at least {least} different characters"),
            Self::ContainsLogin => "the password must not contain the login name".to_owned(),
            Self::TooCommon => "the password is one of the most common ones; choose another".to_owned(),
        }
    }
}

impl PasswordRules {
    /// Everything that is wrong with a password; empty if it may be used.
    pub fn check(&self, password: &str, login: &str) -> Vec<PasswordFault> {
        let mut faults = Vec::new();
        let length = password.chars().count();
        if length < self.least_length {
            faults.push(PasswordFault::TooShort { least: self.least_length });
        }
        if length > self.most_length {
            faults.push(PasswordFault::TooLong { most: self.most_length });
            return faults;
        }
        if classes(password) < self.least_classes {
            faults.push(PasswordFault::TooFewClasses { least: self.least_classes });
        }
        let distinct: std::collections::HashSet<char> = password.chars().collect();
        if distinct.len() < self.least_distinct {
            faults.push(PasswordFault::TooRepetitive { least: self.least_distinct });
        }
        let (lower, login) = (password.to_lowercase(), login.trim().to_lowercase());
        // A login of one or two letters occurs in good passwords by chance.
        if login.chars().count() >= 3 && lower.contains(&login) {
            faults.push(PasswordFault::ContainsLogin);
        }
        if self.worst.contains(&lower) {
            faults.push(PasswordFault::TooCommon);
        }
        faults
    }
}

fn classes(password: &str) -> usize {
    let tests: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    tests.iter().filter(|test| password.chars().any(**test)).count()
}

impl RulePack for PasswordRules {
    const KIND: &'static str = "password";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/password.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: &str, value: usize, right: &str| {
            Err(RuleError::value(Self::KIND, key, value.to_string(), right))
        };
        if self.least_length < 8 {
            return wrong("least_length", self.least_length, "不小于 8");
        }
        if self.most_length < self.least_length || self.most_length > 1024 {
            return wrong("most_length", self.most_length, "不小于 least_length，不大于 1024");
        }
        if !(1..=4).contains(&self.least_classes) {
            return wrong("least_classes", self.least_classes, "1 到 4");
        }
        if self.least_distinct > self.least_length {
            return wrong("least_distinct", self.least_distinct, "不大于 least_length");
        }
        match self.worst.iter().position(|word| *word != word.to_lowercase()) {
            Some(index) => {
                let key = format!("worst[{index}]");
                Err(RuleError::value(Self::KIND, key, "有大写字母", "全部小写，比较时不分大小写"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_passwords() {
        let rules = PasswordRules::shipped_by_id("password").unwrap();
        let check = |password: &str, login: &str, want: &[&str]| {
            let faults = rules.check(password, login);
            let codes: Vec<&str> = faults.iter().map(Explain::code).collect();
            assert_eq!(codes, want, "{password}");
        };
        check("Mountain-7-rivers", "zhangsan", &[]);
        check("渝水东流 2026 年", "zhangsan", &["password.too_few_classes"]);
        check("渝水东流 2026 Year", "zhangsan", &[]);
        check("Ab1!", "zhangsan", &["password.too_short", "password.too_repetitive"]);
        check("zhangSan-2026", "ZhangSan", &["password.contains_login"]);
        check("P@ssw0rd123", "zhangsan", &["password.too_common"]);
        check("1234567890", "zhangsan", &["password.too_few_classes", "password.too_common"]);
        check(&"Aa1!".repeat(40), "zhangsan", &["password.too_long"]);
        check("Mountain-7-rivers", "", &[]);
        assert_eq!(rules.check("short", "")[0].to_string(), "口令太短，至少 10 个字符");
    }

    #[test]
    fn weak_rules_are_refused() {
        let check = |change: fn(&mut PasswordRules), key: &str| {
            let mut rules = PasswordRules::shipped_by_id("password").unwrap();
            change(&mut rules);
            assert!(rules.validate().unwrap_err().to_string().contains(key));
        };
        check(|rules| rules.least_length = 4, "least_length");
        check(|rules| rules.most_length = 9, "most_length");
        check(|rules| rules.least_classes = 5, "least_classes");
        check(|rules| rules.worst.push("Password".into()), "worst[");
    }
}
