using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

public sealed class TranslatorTests
{
    private static readonly Uri Here = new("https://ops.example.com/");
    private static readonly MessageText Words = new(new BoardDirectory(ReferenceData.Empty));

    internal static Notice NoticeOf(string subject = "ticket/T-1", string rule = "clock_breach", string? department = "billing", string? by = null, string code = "BIL-3F2A1C") => Notice.Read(
        "a1b2c3d4e5f60718293a4b5c6d7e8f90", code, AlertState.Raised, 1_767_225_600_000,
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
        {
            ["subject"] = subject, ["rule"] = rule, ["clock"] = rule == "ping_pong_guard" ? "department_head" : "first_response", ["level"] = "red", ["department"] = department, ["due_at"] = 1_767_225_600_000, ["raised_at"] = 1_767_225_600_000,
            ["noticed_at"] = 1_767_225_600_000, ["since"] = 1_767_225_600_000, ["hold"] = by is null ? "open" : "acknowledged", ["by"] = by, ["taken"] = new[] { "owner" },
        }));

    internal static Letter LetterOf(Notice notice) => new($"{notice.Alert}.owner", "hook", "lane", null, LetterKind.Alert, "owner", Why.FirstTime, null, notice, notice.At, false);

    private static Telegram TelegramOf(Letter letter, string? secret, string url, IReadOnlyList<string>? mentions = null)
    {
        var message = Words.Of(letter, "zh-Hans", NodaTime.DateTimeZoneProviders.Tzdb["Asia/Shanghai"], Here);
        return new(message, letter, letter.Key, new(url), secret, mentions ?? [], message.Link, 1_599_360_473_123);
    }

    [Fact] // the vector of the Standard Webhooks specification and its libraries
    public void Standard_Webhooks_are_signed_as_their_specification_says() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        Webhook.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, """{"test": 2432232314}"""u8));

    [Fact] // Feishu: known from other clients; DingTalk: computed by Python's hmac
    public void The_chats_are_signed_as_they_ask()
    {
        Assert.Equal("l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=", Feishu.Sign("demo", 1_599_360_473));
        Assert.Equal("hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D", Uri.EscapeDataString(DingTalk.Sign("this is secret", 1_577_262_236_757)));
        Assert.Equal("MxiNm59tfc6sfDVMKISQoAyn80P2S26kKYIUdSveL%2FI%3D", Uri.EscapeDataString(DingTalk.Sign("SEC6816d5f8c552a52f6deb9d5d0e2faac0c9030bb6d3515efeeee4845c35a4c07b", 1_577_262_236_757)));
    }

    [Fact]
    public void Signatures_stand_where_each_receiver_looks()
    {
        var letter = LetterOf(NoticeOf());
        var ding = DingTalk.Call(TelegramOf(letter, "this is secret", "https://oapi.example.com/robot/send?access_token=t"));
        Assert.Matches(@"^https://oapi\.example\.com/robot/send\?access_token=t&timestamp=1599360473123&sign=[A-Za-z0-9%]+$", ding.Url.AbsoluteUri);
        var feishu = JsonElement.Parse(Feishu.Call(TelegramOf(letter, "demo", "https://open.example.com/hook/x")).Body);
        Assert.Equal(("1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="), (feishu.GetProperty("timestamp").GetString(), feishu.GetProperty("sign").GetString()));
        var wecom = JsonElement.Parse(WeCom.Call(TelegramOf(letter, null, "https://qyapi.example.com/send?key=k", ["li"])).Body);
        Assert.Equal("li", wecom.GetProperty("text").GetProperty("mentioned_list")[0].GetString());
        var hook = Webhook.Call(TelegramOf(letter, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "https://hook.example.com/in"));
        Assert.Equal(["webhook-id", "webhook-timestamp", "webhook-signature"], hook.Headers.Select(h => h.Name));
        Assert.Equal((letter.Key, "1599360473"), (hook.Headers[0].Value, hook.Headers[1].Value));
        Assert.Equal(hook.Body, Webhook.Call(TelegramOf(letter, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "https://hook.example.com/in") with { Now = 1_700_000_000_000 }).Body); // the same at every attempt
    }

    [Fact]
    public void A_code_inside_a_200_is_a_failure_and_too_fast_is_waited_out()
    {
        static SendResult Read(Func<int, ReadOnlyMemory<byte>, SendResult> read, string body, int status = 200) => read(status, Encoding.UTF8.GetBytes(body));
        Assert.True(Read(DingTalk.Read, """{"errcode":0,"errmsg":"ok"}""").Delivered);
        Assert.Equal(new SendResult(false, "errcode 310000"), Read(DingTalk.Read, """{"errcode":310000,"errmsg":"sign not match"}"""));
        Assert.Equal(new SendResult(false, "errcode 130101", RetryAfterMs: 600_000), Read(DingTalk.Read, """{"errcode":130101,"errmsg":"send too fast"}"""));
        Assert.Equal(new SendResult(false, "errcode 45009", RetryAfterMs: 60_000), Read(WeCom.Read, """{"errcode":45009,"errmsg":"api freq out of limit"}"""));
        Assert.Equal(new SendResult(false, "code 19021"), Read(Feishu.Read, """{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"""));
        Assert.True(Read(Feishu.Read, """{"StatusCode":0,"StatusMessage":"success"}""").Delivered);
        foreach (var body in (string[])["", "<html>please log in</html>", "[]", "{}", """{"errcode":"0"}"""]) Assert.False(Read(DingTalk.Read, body).Delivered, body);
        Assert.True(Read(Webhook.Read, "", 410).Gone);
        Assert.False(Read(Webhook.Read, "", 302).Delivered);
    }

    [Fact]
    public void Everybody_reads_it_in_his_language_and_zone_with_a_link_to_the_one_alert()
    {
        var letter = LetterOf(NoticeOf());
        var at = (string language, string zone) => Words.Of(letter, language, NodaTime.DateTimeZoneProviders.Tzdb[zone], Here).Whole;
        Assert.Contains("SLA breached", at("en", "UTC"), StringComparison.Ordinal);
        Assert.Contains("2026-01-01 00:00 UTC", at("en", "UTC"), StringComparison.Ordinal);
        Assert.Contains("超时", at("zh-Hans", "Asia/Shanghai"), StringComparison.Ordinal);
        Assert.Contains("2026-01-01 08:00 UTC+08", at("zh-Hans", "Asia/Shanghai"), StringComparison.Ordinal);
        Assert.Contains("首次通知", at("zh-Hant", "Asia/Taipei"), StringComparison.Ordinal);
        foreach (var language in MessageText.Languages) Assert.EndsWith("\nhttps://ops.example.com/a/BIL-3F2A1C", at(language, "UTC"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "Ticket T-1 · First response", "Queue Billing calls", "East branch · department_answers")]
    [InlineData("zh-Hans", "工单 T-1 · 首次响应", "队列 账单热线", "东区 · department_answers")]
    [InlineData("zh-Hant", "工單 T-1 · 首次回應", "佇列 Billing calls", "East branch · department_answers")]
    public void What_it_is_about_and_which_promise_are_in_the_words_of_the_house_and_the_reader(string language, string ticket, string queue, string department)
    {
        var house = ReferenceData.Empty with
        {
            Queues = new Dictionary<string, ContactQueue> { ["q1"] = ContactQueue.Unlisted("q1") with { Title = new("Billing calls", "账单热线", null) } },
            Departments = new Dictionary<string, Department> { ["east"] = new("east", new("East branch", "东区", null), NodaTime.DateTimeZone.Utc, NodaTime.LocalTime.Midnight) },
        };
        var words = new MessageText(new BoardDirectory(house));
        string Second(Notice notice) => words.Of(LetterOf(notice), language, NodaTime.DateTimeZone.Utc, Here).Lines[0];
        Assert.Equal(ticket, Second(NoticeOf()));
        Assert.Equal(queue, Second(NoticeOf("rule/queue/q1") with { Clock = "q1" }));
        Assert.Equal("no-internet", Second(NoticeOf("rule/bulk/east/no-internet") with { Clock = "no-internet" }));
        Assert.Equal(department, Second(NoticeOf("department/east") with { Clock = "department_answers" }));
    }

    [Theory]
    [InlineData("en", "Adjudicator: Department head")]
    [InlineData("zh-Hans", "裁定人：部门负责人")]
    [InlineData("zh-Hant", "裁定人：部門主管")]
    public void A_frozen_ticket_s_message_names_the_adjudicator(string language, string said)
    {
        var message = Words.Of(LetterOf(NoticeOf(rule: "ping_pong_guard")), language, NodaTime.DateTimeZone.Utc, Here);
        Assert.Contains(said, message.Lines);
        Assert.DoesNotContain("department_head", message.Whole, StringComparison.Ordinal);
    }

    public static TheoryData<string> Hostile => new(
        "<at user_id=\"all\">everybody</at>", "@all", "</script><script>alert(1)</script>", "x\r\nBcc: victim@example.com\r\n\r\nhello", "x\nSubject: other", "[click](https://evil.example)",
        "https://evil.example/phish", "\u202Egnp.exe", "a\u0000b\u001b[31m", "=?utf-8?B?SGk=?=", "\"},\"at\":{\"isAtAll\":true},\"x\":{\"y\":\"", ".\r\nQUIT\r\n", "{link} {by}", "﹤at﹥", new string('长', 5_000));

    [Theory, MemberData(nameof(Hostile))]
    public void Hostile_text_is_text_in_every_channel_and_never_markup_or_a_header(string text)
    {
        var letter = LetterOf(NoticeOf(text, text, text, text, "X-1"));
        var call = TelegramOf(letter, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "https://hook.example.com/in");
        foreach (var line in (string[])[call.Message.Subject, .. call.Message.Lines]) Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u202E' or '\u2028');
        Assert.DoesNotContain("://evil", call.Message.Whole, StringComparison.Ordinal);

        var ding = JsonElement.Parse(DingTalk.Call(call).Body);
        Assert.Equal(["msgtype", "text", "at"], ding.EnumerateObject().Select(p => p.Name));
        Assert.False(ding.GetProperty("at").GetProperty("isAtAll").GetBoolean());
        var feishu = JsonElement.Parse(Feishu.Call(call with { Mentions = ["ou_1"] }).Body).GetProperty("content").GetProperty("text").GetString()!;
        Assert.StartsWith("<at user_id=\"ou_1\"></at> ", feishu, StringComparison.Ordinal);
        Assert.DoesNotContain(feishu["<at user_id=\"ou_1\"></at> ".Length..], c => c is '<' or '>' or '@');
        var wecom = JsonElement.Parse(WeCom.Call(call).Body).GetProperty("text").GetProperty("content").GetString()!;
        Assert.True(Encoding.UTF8.GetByteCount(wecom) <= 2_048);
        Assert.EndsWith("/a/X-1", wecom, StringComparison.Ordinal);
        Assert.Equal(text, JsonElement.Parse(Webhook.Call(call).Body).GetProperty("data").GetProperty("detail").GetProperty("subject").GetString()); // data stays data

        var mail = Encoding.ASCII.GetString(MailLetter.Compose(call.Message, letter.Key, "ops@example.com", "li@example.com", "zh-Hans", letter.Notice.At));
        var head = mail[..mail.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n").Select(l => l.Split(':')[0]);
        Assert.Equal(["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Language", "Content-Type", "Content-Transfer-Encoding"], head);
        Assert.All(mail.Split("\r\n"), l => Assert.True(l.Length <= 78 && !l.StartsWith('.'), l));
    }

    [Fact]
    public void A_mail_has_the_key_as_its_id_and_is_the_same_at_every_attempt()
    {
        var letter = LetterOf(NoticeOf());
        var message = Words.Of(letter, "zh-Hant", NodaTime.DateTimeZone.Utc, Here);
        var mail = MailLetter.Compose(message, letter.Key, "ops@example.com", "li@example.com", "zh-Hant", letter.Notice.At);
        Assert.Equal(mail, MailLetter.Compose(message, letter.Key, "ops@example.com", "li@example.com", "zh-Hant", letter.Notice.At));
        Assert.Contains("\r\nMessage-ID: <a1b2c3d4e5f60718293a4b5c6d7e8f90.owner@example.com>\r\n", Encoding.ASCII.GetString(mail), StringComparison.Ordinal);
    }
}
