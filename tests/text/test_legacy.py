"""Code tables against iconv, decoding by font and by words, real legacy documents."""

import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Run
from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy import decode_runs, looks_like_viqr
from gateway.vietnamese.legacy_codes import convert
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import TABLES, Charset
from tests.support.legacy_letters import decode, encode
from tests.text.accuracy import CORPUS, real_texts
from tests.text.disguises import FONTS
from tests.text.letters import CELLS, SENTENCES

LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
EIGHT_BIT = [charset for charset in Charset if charset not in (Charset.UNICODE, Charset.VIQR)]


@pytest.mark.system
@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed")
@pytest.mark.parametrize(
    ("charset", "name"), [(Charset.TCVN3, "TCVN5712-1"), (Charset.VISCII, "VISCII"), (Charset.CP1258, "CP1258")]
)
def test_tables_agree_with_iconv_byte_by_byte(charset, name):
    wrong = {}
    for form, letter in TABLES[charset].items():
        told = subprocess.run(
            ["iconv", "-f", name, "-t", "UTF-8"], input=form.encode("latin-1") + b" ", capture_output=True, check=False
        )
        if told.returncode == 0:
            shown = unicodedata.normalize("NFC", told.stdout.decode()[:-1])
            if shown != letter:
                wrong[form] = (letter, shown)
    assert wrong == {}
    assert len(TABLES[charset]) >= 128


@pytest.mark.parametrize("charset", EIGHT_BIT)
def test_every_letter_has_a_form_and_comes_back(charset):
    both = LETTERS + LETTERS.upper()
    assert convert(encode(both, charset), charset) == both
    assert len({encode(letter, charset) for letter in set(both) if not letter.isascii()}) == 134


@given(st.lists(st.sampled_from([w for s in SENTENCES for w in s.split() if w.isalpha()]), min_size=1, max_size=12))
def test_words_come_back_from_every_charset(words):
    text = " ".join(words)
    for charset in (*EIGHT_BIT, Charset.VIQR):
        assert convert(encode(text, charset), charset) == text


@pytest.mark.parametrize("charset", FONTS)
def test_the_font_decides_the_charset_of_a_single_word(charset):
    assert decode(encode("nước", charset), FONTS[charset]).text == "nước"


@pytest.mark.parametrize("charset", EIGHT_BIT)
def test_a_unicode_font_over_legacy_bytes_is_found_by_the_words(charset):
    text = " ".join(SENTENCES)
    assert judge(encode(text, charset), "Times New Roman") == (charset, True)


@pytest.mark.parametrize("font", [".VnTime", "VNI-Times", "VPS Times", "VI Times"])
@pytest.mark.parametrize("text", ["Độc lập - Tự do - Hạnh phúc", "là", "và có", "“Quyết định”", "Hà Nội"])
def test_a_legacy_font_over_unicode_letters_is_no_legacy_text(font, text):
    assert judge(text, font)[0] is Charset.UNICODE


@pytest.mark.parametrize(
    "text", ["décision française du Conseil d'État", "Größe über Maß", "España mañana señor", "Ångström", "naïve café"]
)
def test_other_languages_are_not_taken_for_legacy_vietnamese(text):
    assert judge(text)[0] is Charset.UNICODE


@pytest.mark.parametrize(
    ("text", "font", "shown"),
    [
        ("mËt", ".VnTimeH", "MẬT"),
        ("MËT", ".VnTime", "MẬT"),
        ("M\x86T", ".VnTime", "MẬT"),
        ("M\u2020T", ".VnTime", "MẬT"),
        ("M\uf0cbT", ".VnTimeH", "MẬT"),
        ("N\u2212íc", ".VnTime", "Nước"),
        ("TUYŒT MÆT", "VPS Times", "TUYỆT MẬT"),
        ("Hµ Néi", "ABCDEF+.VnTime", "Hà Nội"),
        ("bí maät nhaø nöôùc", "VNI-Times", "bí mật nhà nước"),
        ("Ñoäc laäp", "BAAAAA+VNI-Times", "Độc lập"),
    ],
)
def test_letters_are_read_as_their_font_shows_them(text, font, shown):
    assert decode(text, font).text == shown


def test_quotation_marks_of_a_legacy_text_stay_quotation_marks():
    assert decode("\u201cQuyÕt ®Þnh\u201d", ".VnTime").text == "“Quyết định”"


def test_a_letter_split_over_two_runs_is_one_letter():
    runs = [Run(text="MA", font="VNI-Times"), Run(text="ÄT", font="VNI-Times")]
    assert "".join(item.text for item in decode_runs(runs)) == "MẬT"


def test_the_block_decides_the_case_of_a_letter_in_a_run_of_its_own():
    runs = [Run(text=t, font=".VnTime") for t in ("M", "Ë", "T")]
    assert "".join(item.text for item in decode_runs(runs)) == "MẬT"


def test_one_font_may_hold_both_encodings():
    runs = [Run(text=encode(s, Charset.TCVN3), font=".VnTime", block=i) for i, s in enumerate(SENTENCES)]
    runs.append(Run(text="Độc lập - Tự do - Hạnh phúc", font=".VnTime", block=99))
    decoded = decode_runs(runs)
    assert [item.text for item in decoded[:-1]] == list(SENTENCES)
    assert decoded[-1].charset is Charset.UNICODE
    assert {item.charset for item in decoded[:-1]} == {Charset.TCVN3}


def test_viqr_is_distinguished_from_plain_ascii():
    assert looks_like_viqr("Co^.ng ho`a xa~ ho^.i chu? nghi~a Vie^.t Nam, ddo^.c la^.p tu+. do ha.nh phu'c")
    assert not looks_like_viqr("Dear all, please find attached the report (v2.1). It's ready; isn't it? Yes.")


@pytest.mark.parametrize(
    ("font", "charset"),
    [
        (".VnTime", Charset.TCVN3),
        (".VnArial NarrowH", Charset.TCVN3),
        ("VNI-Helve-Condense", Charset.VNI),
        ("VPS Times", Charset.VPS),
        ("VI Arial", Charset.VISCII),
    ],
)
def test_legacy_families_are_known_by_name(font, charset):
    known = legacy_font(font)
    assert known is not None
    assert known.charset is charset


@pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason="corpus of real documents is not present")
def test_real_transcripts_are_never_taken_for_legacy_text():
    for name, text in real_texts():
        lines = [line for line in text.split("\n") if line.strip()]
        wrong = [line for line in lines if judge(line)[0] is not Charset.UNICODE and not line.isascii()]
        assert len(wrong) <= len(lines) // 100, (name, wrong[:3])


@given(st.text(max_size=120), st.sampled_from([None, ".VnTime", ".VnTimeH", "VNI-Times", "VI Times", "Arial"]))
def test_decoding_never_fails(text, font):
    decoded = decode_runs([Run(text=text, font=font), Run(text=text, font="Times New Roman")])
    assert len(decoded) == 2


@pytest.mark.parametrize("charset", EIGHT_BIT)
@pytest.mark.parametrize("font", ["Arial", None])
@pytest.mark.parametrize("style", [str.lower, str.upper, str.title])
def test_short_cells_share_their_charset(charset, font, style):
    runs = [Run(text=encode(style(cell), charset), font=font, block=i) for i, cell in enumerate(CELLS)]
    decoded = decode_runs(runs)
    assert [item.text for item in decoded] == [style(cell) for cell in CELLS]
    assert sum(item.charset is charset and item.confident for item in decoded) >= 17  # the rest is the same in both


def test_unicode_cells_beside_legacy_ones_in_the_same_font_stay_as_they_are():
    runs = [Run(text=encode(cell, Charset.TCVN3), font="Arial", block=i) for i, cell in enumerate(CELLS)]
    runs += [Run(text=cell, font="Arial", block=100 + i) for i, cell in enumerate(CELLS)]
    shown = [item.text for item in decode_runs(runs)]
    unclear = CELLS.index("Ghi chú")  # its bytes read "chó", which is a word as well
    assert [text for i, text in enumerate(shown) if i != unclear] == [c for c in CELLS if c != "Ghi chú"] + list(CELLS)


FOREIGN = {
    "norwegian": "Du må velge objekter for å gå videre|Vi har sendt deg en e-post på nytt|Nå må du få på plass alt|Så|på|Må|Nå",
    "danish": "Siden på det offentlige netsted er så gammel|Vælg på listen|må|på|så|Prøv igen på forsiden",
    "french": "Saisissez «\xa0/contact/\xa0» ou «\xa0valider\xa0»|Les valeurs « %s » sont fausses|« Oui »|« Non »|Où ça|Là-bas",
    "spanish": "«{}» y «{}.»|El campo «%(field)s» no vale|¿Qué día?|nº 5|1º|2ª|Él y tú",
    "belarusian": "«/about/contact/»|«%(url)s»|«%(field)s»",
    "german": "Größe über Maß|für die Prüfung|möglich|Übergröße|schön und grün",
    "czech": "Zpráva č. 5 o stavu dětí|přesně|úřad obce|Město a okolí|každý večer",
    "signs": "Thép ø20, ø16 và ø8|5 µm|10 µg/m³|25 °C|±0,5|£100|£250 và £30|§ 5|© 2024|×2|m²|½",
    "code": 'print("é")|café = 1|# naïve façade|var ñ = 1|regex [à-ÿ]',
}


@pytest.mark.parametrize("font", ["Arial", "Times New Roman", None])
@pytest.mark.parametrize("name", FOREIGN)
def test_text_of_other_languages_is_never_certain_to_be_legacy(name, font):
    runs = [Run(text=text, font=font, block=i) for i, text in enumerate(FOREIGN[name].split("|") * 3)]
    assert [item for item in decode_runs(runs) if item.charset is not Charset.UNICODE and item.confident] == []


@pytest.mark.parametrize("charset", [Charset.TCVN3, Charset.VPS])
def test_a_long_word_of_capitals_that_ends_in_small_letters_is_read_in_one_pass(charset):
    """Two ways for each letter would be 2^60 ways, and the whole gateway would wait for them."""
    assert convert("A" * 60 + "b", charset) == "A" * 60 + "b"
    assert convert("M\u00cbT " + "A" * 60, Charset.TCVN3) == "MẬT " + "A" * 60
