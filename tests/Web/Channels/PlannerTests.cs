using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>Who is told what and why, as a story of one alert's rows, planned on a real table.</summary>
public sealed class PlannerTests : IAsyncLifetime
{
    private const string Yaml = """
        base_url: https://ops.example.com
        fallback: mail
        channels:
        - {id: mail, kind: email, host: smtp.example.com, from: ops@example.com}
        - {id: group, kind: wecom, language: zh-Hans, zone: Asia/Shanghai}
        contacts:
        - {id: li, name: 李华, language: zh-Hans, zone: Asia/Shanghai, hours: CN, departments: [billing], levels: [owner], addresses: {email: li@example.com}}
        - {id: wang, name: Wang, hours: CN, departments: [billing], levels: [supervisor, department_head], addresses: {email: wang@example.com, wecom: wang1}}
        - {id: qa, name: QA, departments: [billing], levels: [quality], addresses: {wecom: qa1}}
        - {id: root, name: Root, levels: [administrator], addresses: {email: root@example.com}}
        routes:
          channels: [mail]
          routes:
          - {match: {levels: [executive]}, channels: [group, mail], repeat_minutes: 60}
        """;

    // A Saturday night in Shanghai, and the opening of the Monday after it.
    private static readonly long Night = At(2026, 3, 7, 23, 0), Monday = At(2026, 3, 9, 9, 0), Noon = At(2026, 3, 10, 11, 0);

    private readonly CourierDesk _desk = new(Yaml);

    private static long At(int y, int mo, int d, int h, int m) => new LocalDateTime(y, mo, d, h, m).InZoneStrictly(DateTimeZoneProviders.Tzdb["Asia/Shanghai"]).ToInstant().ToUnixTimeMilliseconds();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _desk.DisposeAsync();

    /// <summary>Plans a row and says what follows: told or not, whom, why.</summary>
    private string[] Plan(OutboxRow row)
    {
        var (notice, table) = (Notice.Of(row), _desk.Table);
        var plan = Planner.Of(_desk.Store.Current().Settings, notice, table.StepsOf(notice.Alert, notice.Since), table.KnownOf(notice.Alert));
        table.Together(() => table.Keep(notice, plan));
        return [.. plan.Decisions.Select(d => $"{(d.Tells ? "+" : "-")}{d.Contact ?? d.Channel} {Telling.NameOf(d.Why)}")];
    }

    private List<StoredLetter> Letters(LetterState state) => [.. _desk.Table.Of("mail", state, 100).Concat(_desk.Table.Of("group", state, 100))];

    [Fact]
    public void Yellow_waits_for_the_recipient_s_Monday_and_red_comes_in_the_night()
    {
        Assert.Equal(["-li outside_hours"], Plan(CourierDesk.Row(1, Night, "yellow")));
        var held = Assert.Single(Letters(LetterState.Waiting));
        Assert.True(held.Letter.Held);
        Assert.InRange(held.NextAt, Monday - 3_600_000, Monday + 3_600_000); // the calendar's own opening
        Assert.Equal(["+li first_time"], Plan(CourierDesk.Row(2, Night, "red")));
    }

    [Fact]
    public void A_department_s_head_is_not_woken_for_yellow_and_is_for_red()
    {
        Assert.Equal(["-wang outside_hours"], Plan(CourierDesk.Row(1, Night, "yellow", taken: ["department_head"])));
        Assert.Equal(["+wang first_time"], Plan(CourierDesk.Row(2, Night, "red", taken: ["department_head"])));
    }

    [Fact]
    public void What_was_over_before_the_morning_is_never_said_and_what_somebody_took_neither()
    {
        Plan(CourierDesk.Row(1, Night, "yellow"));
        Assert.Empty(Plan(CourierDesk.Row(1, Night + 1, "yellow", AlertState.Resolved)));
        Assert.Empty(Letters(LetterState.Waiting));
        Plan(CourierDesk.Row(2, Night, "yellow"));
        Assert.Equal(["-li acknowledged"], Plan(CourierDesk.Row(2, Night + 1, "yellow", hold: "acknowledged")));
        Assert.Empty(Letters(LetterState.Waiting));
        Assert.Empty(Plan(CourierDesk.Row(2, Night + 2, "yellow", AlertState.Resolved))); // he never heard of it
    }

    [Fact]
    public void The_ladder_brings_in_one_after_the_other_and_all_clear_goes_to_them_alone()
    {
        Assert.Equal(["+li first_time"], Plan(CourierDesk.Row(1, Noon)));
        Assert.Equal(["+wang first_time"], Plan(CourierDesk.Row(1, Noon + (5 * 60_000), taken: ["owner", "supervisor"])));
        Assert.Equal(["+wang got_worse"], Plan(CourierDesk.Row(1, Noon + (6 * 60_000), taken: ["owner", "supervisor", "department_head"])));
        Assert.Equal(["-li acknowledged", "-wang acknowledged"], Plan(CourierDesk.Row(1, Noon + (7 * 60_000), hold: "acknowledged", taken: ["owner", "supervisor", "department_head"])));
        // Nobody is the executive of billing: the administrators are told, so no step is lost.
        Assert.Equal(["+group first_time", "+root first_time"], Plan(CourierDesk.Row(1, Noon + (40 * 60_000), taken: ["owner", "supervisor", "department_head", "executive"])));
        Assert.Equal(["+li repeat_due"], Plan(CourierDesk.Row(1, Noon + (55 * 60_000), taken: ["owner", "supervisor", "department_head", "executive", "owner"])));
        var over = Plan(CourierDesk.Row(1, Noon + (56 * 60_000), state: AlertState.Resolved, taken: ["owner"]));
        Assert.Equal(["+group all_clear", "+li all_clear", "+root all_clear", "+wang all_clear"], over);
        var keys = Letters(LetterState.Waiting).Select(l => l.Letter.Key.Split('.', 2)[1]).Order(StringComparer.Ordinal);
        Assert.Equal(["department_head.wang", "executive", "executive.root", "owner.2.li", "owner.li", "resolved", "resolved.li", "resolved.root", "resolved.wang", "supervisor.wang"], keys);
    }

    [Fact]
    public void A_row_that_is_planned_twice_after_a_crash_changes_nothing_and_a_raise_after_a_retraction_is_news()
    {
        var row = CourierDesk.Row(1, Noon);
        Plan(row);
        Assert.True(_desk.Table.IsPlanned(Notice.Of(row)));
        Assert.Empty(Plan(row));
        Assert.Single(Letters(LetterState.Waiting));
        Assert.Equal(["+li all_clear"], Plan(CourierDesk.Row(1, Noon + 1, state: AlertState.Retracted)));
        Assert.Equal(["+li first_time"], Plan(CourierDesk.Row(1, Noon + 2, since: Noon + 2)));
        Assert.Equal(3, Letters(LetterState.Waiting).Select(l => l.Letter.Key).Distinct().Count());
    }

    [Fact]
    public void After_a_stop_of_many_steps_each_hears_the_highest_that_is_his_once()
    {
        Assert.Equal(["+li first_time", "+wang first_time"], Plan(CourierDesk.Row(1, Noon, taken: ["owner", "supervisor", "department_head"])));
        Assert.Contains(Letters(LetterState.Waiting), l => l.Letter is { Contact: "wang", Level: "department_head" });
    }

    [Fact]
    public void Where_nobody_of_a_level_has_an_address_of_the_channel_the_administrator_is_told() =>
        Assert.Equal(["+root first_time"], Plan(CourierDesk.Row(1, Noon, taken: ["quality"])));

    [Fact]
    public void A_silenced_alert_is_told_to_nobody_and_the_page_says_why()
    {
        Assert.Equal(["-li silenced"], Plan(CourierDesk.Row(1, Noon, taken: [], mute: "silenced", next: "owner")));
        Assert.Equal(["-li inhibited", "-wang inhibited"], Plan(CourierDesk.Row(1, Noon + 1, taken: ["owner"], mute: "inhibited", next: "supervisor")));
        Assert.Empty(Letters(LetterState.Waiting));
        Assert.Equal([Why.Silenced, Why.Inhibited, Why.Inhibited], _desk.Table.DecisionsOf(CourierDesk.Row(1, 0).Alert, 10).Select(d => d.Why));
    }

    [Fact]
    public void What_waited_for_the_morning_and_was_silenced_meanwhile_waits_again_when_the_silence_ends()
    {
        Assert.Equal(["-li outside_hours"], Plan(CourierDesk.Row(1, Night, "yellow")));
        Assert.Equal(["-wang silenced", "-li silenced"], Plan(CourierDesk.Row(1, Night + 1, "yellow", mute: "silenced", next: "supervisor")));
        Assert.Empty(Letters(LetterState.Waiting));
        Assert.Equal(["-li outside_hours"], Plan(CourierDesk.Row(1, Night + 2, "yellow")));
        Assert.Equal("li", Assert.Single(Letters(LetterState.Waiting)).Letter.Contact);
        Assert.Empty(Plan(CourierDesk.Row(1, Night + 3, "yellow")));
    }

    [Fact]
    public void Whoever_is_on_duty_is_told_at_whatever_hour_and_where_nobody_is_all_who_have_the_level()
    {
        File.WriteAllText(Path.Combine(_desk.Folder, ChannelReader.FileName), Yaml + """

            rotas:
            - id: night
              zone: Asia/Shanghai
              levels: [owner]
              departments: [billing]
              from: 2026-03-02
              shifts:
              - {days: [sat], from: "18:00", to: "09:00", people: [wang, li]}
              overrides:
              - {from: 2026-03-08T02:00, to: 2026-03-08T04:00, person: root, reason: ill}
            """);
        Assert.Equal(["+wang first_time"], Plan(CourierDesk.Row(1, Night, "yellow"))); // Saturday night: outside his hours, but he is on duty
        Assert.Equal(["+root first_time"], Plan(CourierDesk.Row(2, At(2026, 3, 8, 3, 0), "yellow")));
        Assert.Equal(["+li first_time"], Plan(CourierDesk.Row(3, At(2026, 3, 14, 23, 0), "yellow"))); // the week after: his turn
        Assert.Equal(["+li first_time"], Plan(CourierDesk.Row(4, Noon, "yellow"))); // Tuesday: no shift
    }

    public static TheoryData<string, int, string> Refused => new()
    {
        { "channels: []\n", 1, "base_url" },
        { "base_url: ops.example.com\n", 1, "base_url" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: smoke}\n", 3, "'kind' is one of" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: dingtalk, url: https://x/?t=1}\nroutes: {channels: [a]}\n", 3, "carries its authority" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: webhook, url: https://x/?t=1}\nroutes: {channels: [a]}\n", 3, "carries its authority" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: webhook, url: http://x/}\nroutes: {channels: [a]}\n", 3, "https" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: webhook, url: https://u:p@x/}\nroutes: {channels: [a]}\n", 3, "without a user" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: webhook, host: x}\nroutes: {channels: [a]}\n", 3, "kind email" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: wecom}\n- {id: a, kind: wecom}\nroutes: {channels: [a]}\n", 4, "twice" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: wecom}\n", 1, "'routes' is required" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: wecom}\nroutes: {channels: [b]}\n", 4, "no channel 'b'" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: wecom}\nroutes: {channels: [a], match: {levels: [owner]}}\n", 4, "unknown key 'match'" },
        { "base_url: https://o\nchannels:\n- {id: a, kind: wecom}\nroutes:\n  channels: [a]\n  routes:\n  - {channels: [a]}\n", 7, "only the root" },
        { "base_url: https://o\nchannels:\n- {id: m, kind: email, host: h.example, from: o@example.com}\nroutes: {channels: [m]}\n", 1, "administrator" },
        { "base_url: https://o\nchannels:\n- {id: m, kind: email, host: h.example, from: \"o@example.com\\nBcc: x\"}\nroutes: {channels: [m]}\n", 3, "plain mail address" },
        { "base_url: https://o\nchannels:\n- {id: m, kind: email, host: h.example, tls: none, from: o@example.com}\nroutes: {channels: [m]}\n", 3, "without TLS" },
        { "base_url: https://o\ncontacts:\n- {id: c, name: C, levels: [owner], hours: XX}\n", 3, "no calendar 'XX'" },
        { "base_url: https://o\ncontacts:\n- {id: c, name: C, levels: [owner], addresses: {feishu: \"x\\\"><b>\"}}\n", 3, "user's id" },
        { "base_url: https://o\ncontacts:\n- {id: c, name: C, levels: [owner], language: fr}\n", 3, "zh-Hans" },
        { "base_url: https://o\nallow: [\"http://x\"]\n", 2, "'allow'" },
        { "base_url: https://o\nfallback: x\n", 2, "no channel 'x'" },
        { Rota("levels: [owner]"), 5, "'zone' is required" },
        { Rota("zone: UTC, levels: [owner]"), 5, "'from' is required" },
        { Rota("zone: UTC, from: 2026-03-02"), 5, "'levels' is required" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner]"), 5, "'shifts' is required" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [moon], from: \"09:00\", to: \"18:00\", people: [c]}]"), 5, "a day is one of" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [mon], from: 9, to: \"18:00\", people: [c]}]"), 5, "in quotes" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [mon], from: \"09:00\", to: \"18:00\", people: [nobody]}]"), 5, "no contact 'nobody'" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [sun], from: \"18:00\", to: \"09:00\", people: [c]}, {days: [mon], from: \"08:00\", to: \"18:00\", people: [c]}]"), 5, "two people on duty" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [mon], from: \"09:00\", to: \"18:00\", people: [c]}], overrides: [{from: 2026-03-02, to: 2026-03-03, person: c}]"), 5, "local time such as" },
        { Rota("zone: UTC, from: 2026-03-02, levels: [owner], shifts: [{days: [mon], from: \"09:00\", to: \"18:00\", people: [c]}], overrides: [{from: 2026-03-02T09:00, to: 2026-03-02T09:00, person: c}]"), 5, "not after" },
    };

    private static string Rota(string rest) => $"base_url: https://o\ncontacts:\n- {{id: c, name: C, levels: [owner]}}\nrotas:\n- {{id: r, {rest}}}\n";

    [Theory, MemberData(nameof(Refused))]
    public void A_file_that_breaks_a_rule_is_refused_whole_with_its_line(string text, int line, string rule)
    {
        var fault = Assert.Throws<ReferenceDataException>(() => _desk.Store.Try(ChannelReader.FileName, text));
        Assert.Contains(rule, fault.Rule, StringComparison.Ordinal);
        Assert.Equal(line, fault.Line);
    }
}
