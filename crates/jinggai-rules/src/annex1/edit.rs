//! Editing a template: rename, hide, show, move, add, remove. An edit that would break it leaves it as it was.

use serde::{Deserialize, Serialize};

use super::template::{AnnexTemplate, Column, wrong};
use crate::error::RuleError;
use crate::pack::RulePack;

/// 模板修改: one edit of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TemplateEdit {
    /// 改表名.
    Title {
        /// Chinese title.
        zh: String,
        /// English title; absent: kept.
        en: Option<String>,
    },
    /// 栏目改名; the key stays.
    Rename {
        /// Key of the column.
        column: String,
        /// Chinese title.
        zh: String,
        /// English title; absent: kept.
        en: Option<String>,
    },
    /// 隐藏栏目.
    Hide {
        /// Key of the column.
        column: String,
    },
    /// 显示栏目.
    Show {
        /// Key of the column.
        column: String,
    },
    /// 调整顺序.
    Move {
        /// Key of the column.
        column: String,
        /// New position among all columns, from 0.
        to: usize,
    },
    /// 增加栏目: a constant, a field, a figure or a sum of figures.
    Add {
        /// The new column.
        column: Column,
        /// Position among all columns, from 0; absent: at the end.
        at: Option<usize>,
    },
    /// 删除栏目.
    Remove {
        /// Key of the column.
        column: String,
    },
}

impl AnnexTemplate {
    /// Applies one edit and validates the result. The version is the caller's to raise when the template is stored.
    pub fn edit(&mut self, edit: TemplateEdit) -> Result<(), RuleError> {
        let mut edited = self.clone();
        edited.apply(edit)?;
        edited.validate()?;
        *self = edited;
        Ok(())
    }

    fn apply(&mut self, edit: TemplateEdit) -> Result<(), RuleError> {
        match edit {
            TemplateEdit::Title { zh, en } => {
                self.title_zh = zh;
                self.title_en = en.unwrap_or_else(|| std::mem::take(&mut self.title_en));
            }
            TemplateEdit::Rename { column, zh, en } => {
                let index = self.index_of(&column)?;
                let column = &mut self.columns[index];
                column.zh = zh;
                column.en = en.unwrap_or_else(|| std::mem::take(&mut column.en));
            }
            TemplateEdit::Hide { column } => {
                let index = self.index_of(&column)?;
                self.columns[index].visible = false;
            }
            TemplateEdit::Show { column } => {
                let index = self.index_of(&column)?;
                self.columns[index].visible = true;
            }
            TemplateEdit::Move { column, to } => {
                let index = self.index_of(&column)?;
                self.check_position(to, self.columns.len() - 1)?;
                let column = self.columns.remove(index);
                self.columns.insert(to, column);
            }
            TemplateEdit::Add { column, at } => {
                let at = at.unwrap_or(self.columns.len());
                self.check_position(at, self.columns.len())?;
                self.columns.insert(at, column);
            }
            TemplateEdit::Remove { column } => {
                let index = self.index_of(&column)?;
                self.columns.remove(index);
            }
        }
        Ok(())
    }

    fn index_of(&self, key: &str) -> Result<usize, RuleError> {
        self.columns.iter().position(|column| column.key == key).ok_or_else(|| {
            let keys: Vec<&str> = self.columns.iter().map(|column| column.key.as_str()).collect();
            wrong("column", format!("“{key}”"), keys.join("、"))
        })
    }

    fn check_position(&self, position: usize, most: usize) -> Result<(), RuleError> {
        if position <= most {
            return Ok(());
        }
        Err(wrong("to", position.to_string(), format!("0 到 {most}")))
    }
}
