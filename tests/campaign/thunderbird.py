"""A Thunderbird of Debian on a screen of its own (Xvfb), driven by its keys as a clerk drives it; what it shows is read by OCR."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image, ImageGrab

ROOT = Path(__file__).parents[2]
NEEDED = ("Xvfb", "thunderbird", "xdotool", "tesseract")
LONG_S = 600


def settings(port: int, login: str) -> dict[str, object]:
    """Return the preferences of an account that sends through the gateway by STARTTLS with a password."""
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.server": "server1",
        "mail.account.account1.identities": "id1",
        "mail.account.account2.server": "server2",
        "mail.server.server1.type": "pop3",
        "mail.server.server1.hostname": "localhost",
        "mail.server.server1.userName": login,
        "mail.server.server1.name": login,
        "mail.server.server1.check_new_mail": False,
        "mail.server.server1.login_at_startup": False,
        "mail.server.server1.directory-rel": "[ProfD]Mail/localhost",
        "mail.server.server2.type": "none",
        "mail.server.server2.hostname": "Local Folders",
        "mail.server.server2.userName": "nobody",
        "mail.server.server2.directory-rel": "[ProfD]Mail/Local Folders",
        "mail.identity.id1.fullName": "Nguyễn Văn An",
        "mail.identity.id1.useremail": login,
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.identity.id1.valid": True,
        "mail.identity.id1.doFcc": False,
        "mail.identity.id1.compose_html": False,
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        "mail.smtpserver.smtp1.hostname": "localhost",
        "mail.smtpserver.smtp1.port": port,
        "mail.smtpserver.smtp1.authMethod": 3,
        "mail.smtpserver.smtp1.try_ssl": 2,
        "mail.smtpserver.smtp1.username": login,
        "intl.locale.requested": "vi",
        # Nothing but the mail: no first-run pages, no reminders, no updates.
        "mail.provider.suppress_dialog_on_startup": True,
        "mail.shell.checkDefaultClient": False,
        "mail.compose.attachment_reminder": False,
        "mail.compose.autosave": False,
        "mail.collect_email_address_outgoing": False,
        "mail.warn_on_send_accel_key": False,
        "mail.rights.version": 1,
        "mailnews.start_page.enabled": False,
        "mailnews.start_page_override.mstone": "ignore",
        "app.donation.eoy.version.viewed": 99,
        "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
        "datareporting.healthreport.uploadEnabled": False,
        "app.update.enabled": False,
        "extensions.update.enabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
    }


class Thunderbird:
    """One profile on one screen."""

    def __init__(self, folder: Path, *, port: int, login: str, ca_file: Path):
        self.folder = folder
        self.profile = folder / "profile"
        self.profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in settings(port, login).items()]
        (self.profile / "user.js").write_text("\n".join(lines) + "\n", "utf-8")
        root = folder / "ca.cer"
        root.write_bytes(x509.load_pem_x509_certificate(ca_file.read_bytes()).public_bytes(Encoding.DER))
        subprocess.run(
            [sys.executable, ROOT / "tests/support/nss.py", self.profile, root], check=True, timeout=60, cwd=ROOT
        )
        self.display = ""
        self._screen: subprocess.Popen | None = None
        self._program: subprocess.Popen | None = None

    async def open_screen(self) -> None:
        """Start the screen."""
        reader, writer = os.pipe()
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
            pass_fds=(writer,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writer)
        with os.fdopen(reader) as said:
            self.display = ":" + (await asyncio.to_thread(said.readline)).strip()

    async def compose(self, **fields: str) -> str:
        """Start the program with a window for a new mail, and return the window's number."""
        environment = {
            **os.environ,
            "DISPLAY": self.display,
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "MOZ_CRASHREPORTER_DISABLE": "1",
        }
        text = ",".join(f"{key}='{value}'" for key, value in fields.items())
        command = ["thunderbird", "--no-remote", "--profile", str(self.profile), "-compose", text]
        with (self.folder / "thunderbird.log").open("ab") as log:
            self._program = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        return await self.window(fields["subject"])

    def quit(self) -> None:
        """End the program; the screen stays."""
        _end(self._program)
        self._program = None

    def xdo(self, *arguments) -> str:
        run = subprocess.run(
            ["xdotool", *map(str, arguments)],
            env={**os.environ, "DISPLAY": self.display}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return run.stdout.strip()

    async def window(self, title: str) -> str:
        """Wait for a window whose title holds some words; return its number."""
        async with asyncio.timeout(LONG_S):
            while not (found := self.there(title)):
                await asyncio.sleep(0.3)
        return found[-1]

    def there(self, title: str) -> list[str]:
        """Return the windows whose title holds some words."""
        return self.xdo("search", "--onlyvisible", "--name", title).split()

    async def gone(self, window: str) -> None:
        """Wait until a window has closed."""
        async with asyncio.timeout(LONG_S):
            while window in self.there("."):
                await asyncio.sleep(0.3)

    async def until(self, act, condition) -> None:
        """Do something again and again, as with a program that does not listen yet, until a condition holds."""
        async with asyncio.timeout(LONG_S):
            while not condition():
                act()
                for _ in range(20):
                    await asyncio.sleep(0.2)
                    if condition():
                        return

    def press(self, window: str, *keys: str) -> None:
        self.xdo("windowfocus", "--sync", window)
        self.xdo("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        self.xdo("type", "--delay", "40", text)

    def picture(self, window: str) -> Image.Image:
        """Return what a window shows, as it stands on the screen."""
        found = dict(line.split("=") for line in self.xdo("getwindowgeometry", "--shell", window).splitlines())
        x, y, width, height = (int(found[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        return ImageGrab.grab(xdisplay=self.display).crop((x, y, x + width, y + height))

    def words(self, picture: Image.Image) -> str:
        """Return what a picture says, in one line."""
        path = self.folder / "window.png"
        picture.convert("L").resize((picture.width * 3, picture.height * 3), Image.Resampling.LANCZOS).save(path)
        run = subprocess.run(
            ["tesseract", path, "-", "-l", "vie", "--psm", "6"], capture_output=True, text=True, timeout=120, check=True
        )  # fmt: skip
        return " ".join(run.stdout.split())

    async def shows(self, window: str, wanted: str) -> tuple[str, Image.Image]:
        """Wait until a window shows some words; return all that it shows, and the picture."""
        said, picture = "", None
        try:
            async with asyncio.timeout(LONG_S):
                while wanted not in said:
                    picture = self.picture(window)
                    said = await asyncio.to_thread(self.words, picture)
                    await asyncio.sleep(0.5)
        except TimeoutError:
            picture.save(self.folder / "last.png")
            raise AssertionError(f"{wanted!r} is not in the window ({self.folder}/last.png): {said}") from None
        return said, picture

    def close(self) -> None:
        _end(self._program)
        _end(self._screen)


def _end(process: subprocess.Popen | None) -> None:
    if process is not None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]
