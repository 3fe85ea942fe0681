using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

public sealed class PolicyFolderTests : IDisposable
{
    private const string Berlin = """
        id: berlin
        title: {en: Berlin office}
        time_zone: Europe/Berlin
        week: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"], thu: ["09:00-17:00"], fri: ["09:00-17:00"]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-policies-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void No_folder_and_an_empty_folder_are_the_built_in_policy()
    {
        Assert.Equivalent(Policy.SlaDefault, PolicyFolder.Load(null, ReferenceData.Empty).Policy);
        Assert.Equivalent(Policy.SlaDefault, PolicyFolder.Load(_folder, ReferenceData.Empty).Policy);
    }

    [Fact]
    public void A_folder_alone_gives_queues_with_thresholds_and_wins_over_the_reference()
    {
        Write("queues.yaml", "- {id: q, thresholds_s: [10, 30], max_silence_s: 60}\n");
        var reference = ReferenceData.Empty.With(new(ReferenceData.Empty.Departments, new Dictionary<string, ContactQueue>
        {
            ["q"] = ContactQueue.Unlisted("q"),
            ["r"] = ContactQueue.Unlisted("r") with { ShortAbandonS = 9 },
        }));

        var set = PolicyFolder.Load(_folder, reference);

        Assert.Equal([10, 30], set.Queue("q").ThresholdsS);
        Assert.Equal(60_000, set.Queue("q").MaxSilenceMs);
        Assert.Equal(9, set.Queue("r").ShortAbandonS);
    }

    [Fact]
    public void Four_business_hours_from_Friday_afternoon_are_due_on_Monday_noon_though_the_clocks_go_forward_in_between()
    {
        Write("calendars/berlin.yaml", Berlin);
        Write("policies/office.yaml", Office("start: ticket.created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}, warn: [{at: 50%}]"));
        var shard = new Shard(PolicyFolder.Load(_folder, ReferenceData.Empty), new());

        shard.Step(new(Ms("2026-03-27T16:00:00+01:00"), [Event("T-1", "ticket.created", "2026-03-27T16:00:00+01:00", """{"kind":"complaint","channel":"phone"}""")]));

        var clock = Assert.Single(shard.Find(Subject.Parse("ticket/T-1"))!.Clocks, c => c.Id == "answer");
        Assert.Equal((Ms("2026-03-30T12:00:00+02:00"), "running", "office", 3), (clock.DueAt, clock.State, clock.Policy, clock.Version));
        Assert.DoesNotContain(Raised(shard, "2026-03-30T09:59:59.999+02:00"), a => a.Contains("/answer", StringComparison.Ordinal));
        Assert.Contains("Yellow/answer/3", Raised(shard, "2026-03-30T10:00:00+02:00"));
        Assert.DoesNotContain("Red/answer/3", Raised(shard, "2026-03-30T11:59:59.999+02:00"));
        Assert.Contains("Red/answer/3", Raised(shard, "2026-03-30T12:00:00+02:00"));
    }

    [Fact]
    public void A_limit_used_up_at_closing_time_is_due_at_closing_time()
    {
        Write("calendars/berlin.yaml", Berlin);
        Write("policies/office.yaml", Office("start: created, stop: [ticket.replied], limit: {value: 1, unit: business_hour}"));

        Assert.Equal(Ms("2026-03-27T17:00:00+01:00"), DueOf("answer", "2026-03-27T16:00:00+01:00", null));
    }

    [Fact]
    public void A_pause_named_by_the_policy_moves_the_due_time_by_its_business_time()
    {
        Write("calendars/berlin.yaml", Berlin);
        Write("policies/office.yaml", Office("start: created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}, pause_on: [awaiting_customer]"));

        var due = DueOf(
            "answer", "2026-03-27T16:00:00+01:00", null,
            Event("T-1", "ticket.clock_paused", "2026-03-27T16:30:00+01:00", """{"reason":"awaiting_customer"}"""),
            Event("T-1", "ticket.clock_resumed", "2026-03-30T09:30:00+02:00", """{"reason":"awaiting_customer"}"""));

        Assert.Equal(Ms("2026-03-30T13:00:00+02:00"), due);
    }

    [Fact]
    public void A_department_counts_in_its_own_calendar_and_a_clock_with_a_calendar_does_not()
    {
        Write("calendars/berlin.yaml", Berlin);
        Write("departments.yaml", "- {id: office, calendar: berlin}\n- {id: desk, calendar: 24x7}\n");
        Write("policies/day.yaml", "id: day\nclocks:\n- {id: any_hour, calendar: 24x7, start: created, stop: [ticket.replied], limit: {value: 4, unit: business_hour}}\n");
        const string created = "2026-03-28T10:00:00+01:00";

        Assert.Equal(Ms("2026-03-31T09:00:00+02:00"), DueOf("acknowledge", created, "office"));
        Assert.Equal(Ms(created) + 86_400_000, DueOf("acknowledge", created, "desk"));
        Assert.Equal(Ms(created) + 14_400_000, DueOf("any_hour", created, "office"));
    }

    [Fact]
    public void Sla_default_in_a_file_replaces_the_built_in_one_and_its_limits_go_by_priority()
    {
        Write("policies/sla-default.yaml", """
            id: sla-default
            version: 7
            effective: {from: 2020-01-01, to: null}
            source: {title: House rules}
            clocks:
              - id: resolution
                start: ticket.created
                stop: [ticket.resolved]
                limit_by_priority: [{value: 1, unit: minute}, {value: 2, unit: hour}, {value: 3, unit: calendar_day}, {value: 4, unit: week}]
                warn: []
              - {id: department_answer, per: dispatch, stop: [ticket.dispatch_answered], limit: {value: 30, unit: minute}}
            """);

        var policy = PolicyFolder.Load(_folder, ReferenceData.Empty).Policy;

        Assert.Equal(("sla-default", 7), (policy.Id, policy.Version));
        Assert.Equal(["resolution", "department_answer"], policy.Clocks.Select(c => c.Id));
        Assert.Equal([60_000, 7_200_000, 259_200_000, 2_419_200_000], policy.Clocks[0].LimitByPriority.Select(l => l.Ms));
        Assert.Equal((0, 75, ClockPer.Dispatch), (policy.Clocks[0].Warn.Count, policy.Clocks[1].Warn[0].Percent, policy.Clocks[1].Per));
    }

    [Fact]
    public void A_clock_of_another_file_stands_beside_the_built_in_ones_or_in_the_place_of_its_namesake()
    {
        Write("policies/a.yaml", "id: z\nclocks:\n- {id: letter, start: created, stop: [ticket.closed], limit: {value: 6, unit: week}}\n- {id: acknowledge, start: created, stop: [ticket.acknowledged], limit: {value: 1, unit: hour}}\n");

        var clocks = Clocks("2026-03-27T16:00:00+01:00", """{"kind":"complaint","channel":"phone"}""");

        Assert.Equal(["first_response sla-default", "resolution sla-default", "acknowledge z", "letter z"], clocks.Select(c => $"{c.Id} {c.Policy}"));
    }

    [Fact]
    public void The_example_of_the_documentation_is_read()
    {
        foreach (Match block in Regex.Matches(File.ReadAllText(Documentation()), "```yaml\n# (\\S+)\n(.*?)```", RegexOptions.Singleline)) Write(block.Groups[1].Value, block.Groups[2].Value);

        var set = PolicyFolder.Load(_folder, ReferenceData.Empty);

        Assert.Equal(["answer", "repair", "opinion"], set.Book.Policies.Single(p => p.Id == "office").Clocks.Select(c => c.Id));
        Assert.Equal(["billing", "night-desk"], set.DepartmentCalendars.Keys);
    }

    [Fact]
    public void A_file_that_uses_every_word_of_the_specification_is_read()
    {
        Write("calendars/GB.yaml", """
            id: city-hall
            title: {en: City hall}
            time_zone: America/New_York
            week: {mon: ["08:30-12:00", "13:00-17:00"], tue: ["08:30-17:00"], fri: ["22:00-06:00"]}
            holidays: [{date: 2015-01-01, name: {en: New Year's Day}}, {from: 2015-07-06, to: 2015-07-17, name: Summer}, {every: "12-25"}, {date: 2015-12-24, periods: ["08:30-12:00"]}]
            working_days: [{date: 2026-02-14, like: mon}]
            effective: {from: null, to: null}
            source: {title: x, seen: 2026-11}
            """);
        Write("policies/uk-ofcom.yaml", """
            id: uk-ofcom
            version: 2
            title: {en: Ofcom approved complaints code, zh-Hans: a, zh-Hant: b}
            effective: {from: 2026-04-08, to: null}
            source: {title: Ofcom General Condition C4, confidence: secondary}
            calendar: GB-ENG
            priority: 7
            applies_when: {kind: [complaint], customer_tier: [vip], category: [billing], priority: [1, 2], department_id: [a], channel: [phone]}
            clocks:
              - id: adr_letter
                calendar: city-hall
                when: {jurisdiction: [GB]}
                start: ticket.created
                start_rule: {cutoff: "17:00", after_cutoff: next_business_day}
                stop: [ticket.closed, ticket.referred_external]
                restart: [ticket.contacted]
                limit: {value: 6, unit: week}
                count: exclude_start_day
                roll: none
                end_of_day: true
                pause_on: []
                pause_in: [resolved, closed]
                on_reopen: resume
                extend: {on: ticket.extension_granted, mode: replace, max: {value: 30, unit: calendar_day}}
                warn: [{at: 75%}, {before: {value: 1, unit: business_day}, level: yellow}]
                breach: {level: red}
                escalate: [{after: 0s, to: supervisor}, {after: {value: 1, unit: business_day}, to: department_head}, {after: {value: 5, unit: business_day}, to: executive}]
                targets: {service_level: {percent: 80, within_s: 20}, connect_rate: 95%}
              - {id: back, per: callback, stop: [callback.fulfilled], limit: {from: due_at}}
              - {id: answer, per: dispatch, stop: [ticket.dispatch_answered], limit: {from: due_at}}
            """);

        var policy = Assert.Single(PolicyFolder.Load(_folder, ReferenceData.Empty).Book.Policies, p => p.Id == "uk-ofcom");

        Assert.Equal((2, 7, 6, 3), (policy.Version, policy.Priority, policy.AppliesWhen.All.Count, policy.Clocks.Count));
        Assert.Equal(["0 Second supervisor", "1 BusinessDay department_head", "5 BusinessDay executive"], policy.Clocks[0].Escalate.Select(e => $"{e.After.Value} {e.After.Unit} {e.To}"));
    }

    private static string Documentation([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "policies.md"));

    private static string Office(string clock) => $"id: office\nversion: 3\ncalendar: berlin\nclocks:\n- {{id: answer, {clock}}}\n";

    private long? DueOf(string clock, string created, string? department, params Event[] more)
    {
        var shard = new Shard(PolicyFolder.Load(_folder, ReferenceData.Empty), new());
        var data = department is null ? """{"kind":"complaint","channel":"phone"}""" : $$"""{"kind":"complaint","channel":"phone","department_id":"{{department}}"}""";
        Event[] events = [Event("T-1", "ticket.created", created, data), .. more];
        shard.Step(new(events[^1].At, events));
        return shard.Find(Subject.Parse("ticket/T-1"))!.Clocks.Single(c => c.Id == clock).DueAt;
    }

    private IReadOnlyList<ClockRow> Clocks(string created, string data, params Event[] more)
    {
        var shard = new Shard(PolicyFolder.Load(_folder, ReferenceData.Empty), new(Backfill: true));
        Event[] events = [Event("T-1", "ticket.created", created, data), .. more];
        shard.Step(new(events[^1].At, events));
        return shard.Find(Subject.Parse("ticket/T-1"))!.Clocks;
    }

    private static List<string> Raised(Shard shard, string now) =>
        [.. shard.Step(new(Ms(now), [])).Alerts.Select(a => $"{a.Due.Level}/{a.Due.Clock}/{a.Due.RuleVersion}")];

    private static Event Event(string ticket, string type, string time, string data) => EventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"specversion":"1.0","id":"{{type}}-{{time}}","source":"/crm","type":"{{type}}","subject":"ticket/{{ticket}}","time":"{{time}}","data":{{data}}}""")).Event!;

    private static long Ms(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
