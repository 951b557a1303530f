//! One macro for all enumerations, so that code, names and words stand beside the variant and nowhere else.

/// Defines an enumeration: per variant its stored code, Chinese name, English name and further words.
macro_rules! code_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $code:literal, $zh:literal, $en:literal, [$($word:literal),* $(,)?];
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $( $(#[$variant_meta])* #[serde(rename = $code)] $variant, )+
        }

        impl $name {
            /// Every value, in the order of the domain's tables.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored code: a readable word that never changes.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The Chinese name shown to people.
            pub const fn name_zh(self) -> &'static str {
                match self { $( Self::$variant => $zh, )+ }
            }

            /// The English name shown to people.
            pub const fn name_en(self) -> &'static str {
                match self { $( Self::$variant => $en, )+ }
            }

            /// The value with this stored code; nothing else is accepted.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $( $code => Some(Self::$variant), )+ _ => None }
            }

            /// Recognition by code, names and listed words only.
            fn recognise_words(text: &str) -> Option<$crate::kinds::recognise::Recognised<Self>> {
                use $crate::kinds::recognise::Dictionary;
                static WORDS: std::sync::LazyLock<Dictionary<$name>> = std::sync::LazyLock::new(|| {
                    Dictionary::new(&[$( ($name::$variant, &[$code, $zh, $en], &[$($word),*]) ),+])
                });
                WORDS.recognise(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::error::RuleError;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::from_code(code).ok_or_else(|| $crate::error::RuleError::UnknownCode {
                    what: stringify!($name),
                    given: code.to_owned(),
                    allowed: [$($code),+].join(", "),
                })
            }
        }
    };
}

/// Gives enumerations whose words are enough the public `recognise`.
macro_rules! recognise_by_words {
    ($($name:ident),+) => {
        $(
            impl $name {
                /// Recognises a word of a form, file or list; `None` when it says nothing.
                pub fn recognise(text: &str) -> Option<$crate::kinds::recognise::Recognised<Self>> {
                    Self::recognise_words(text)
                }
            }
        )+
    };
}
