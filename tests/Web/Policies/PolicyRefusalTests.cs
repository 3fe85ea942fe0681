using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

public sealed class PolicyRefusalTests : IDisposable
{
    private const string Good = "start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}";

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-refusals-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("", 1, "'week' is required")]
    [InlineData("week: {}", 3, "no working period")]
    [InlineData("week: {mon: []}", 3, "no working period")]
    [InlineData("week: {monday: [\"09:00-17:00\"]}", 3, "unknown key 'monday'")]
    [InlineData("week: {mon: [\"9-17\"]}", 3, "not a period")]
    [InlineData("week: {mon: [\"09:00-09:00\"]}", 3, "not a period")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\nholidays: [{date: 2026-02-30}]", 4, "must be a date")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\nholidays:\n- {date: 2026-01-01}\n- {date: 2026-01-01, periods: [\"09:00-10:00\"]}", 6, "stands twice")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\nholidays: [{from: 2026-01-02, to: 2026-01-01}]", 4, "lies before")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\nholidays: [{every: \"02-30\"}]", 4, "a month and a day")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\nworking_days: [{date: 2026-02-14, like: sat}]", 4, "does not work")]
    [InlineData("week: {mon: [\"09:00-17:00\"]}\neffective: {from: 2026-02-01, to: 2026-01-01}", 4, "lies before")]
    [InlineData("week:\n  mon: [\"09:00-12:00\", \"11:00-17:00\"]", 4, "overlaps")]
    [InlineData("week:\n  sun: [\"22:00-06:00\"]\n  mon: [\"05:00-12:00\"]", 4, "overlaps")]
    public void A_broken_calendar_is_refused_with_file_line_and_rule(string text, int line, string rule) =>
        Refused("calendars/c.yaml", $"id: c\ntime_zone: Asia/Shanghai\n{text}\n", line, rule);

    [Theory]
    [InlineData("stop: [ticket.replied], limit: {value: 1, unit: hour}", "'start' is required")]
    [InlineData("start: created, stop: [ticket.solved], limit: {value: 1, unit: hour}", "not an event type")]
    [InlineData("start: created, stop: [contact.answered], limit: {value: 1, unit: hour}", "cannot stop a clock per ticket")]
    [InlineData("start: created, stop: [ticket.replied]", "either 'limit' or")]
    [InlineData("start: created, stop: [ticket.replied], limit: {value: 0, unit: hour}", "whole number from 1")]
    [InlineData("start: created, stop: [ticket.replied], limit: {value: 1, unit: fortnight}", "'fortnight' is not a unit")]
    [InlineData("start: created, stop: [ticket.replied], limit: {value: 3651, unit: calendar_day}", "longer than")]
    [InlineData("start: created, stop: [ticket.replied], limit_by_priority: [{value: 1, unit: hour}]", "needs four limits")]
    [InlineData("start: created, stop: [ticket.replied], limit: {from: closing}", "'from' may only be due_at")]
    [InlineData("per: callback, stop: [ticket.replied], limit: {from: due_at}", "only callback.* events")]
    [InlineData(Good + ", when: {colour: [red]}", "unknown key 'colour'")]
    [InlineData(Good + ", count: both", "'count' may be exclude_start_day, include_start_day")]
    [InlineData(Good + ", start_rule: {after_cutoff: next_business_day}", "'cutoff' is required")]
    [InlineData(Good + ", escalate: [{after: soon, to: supervisor}]", "must be a duration")]
    [InlineData(Good + ", extend: {mode: stretch}", "'mode' may be replace or add")]
    [InlineData(Good + ", pause_in: [open]", "not a state to pause in")]
    [InlineData(Good + ", pause_on: [lunch]", "not a reason to pause")]
    [InlineData(Good + ", warn: [{at: 75}]", "from 1% to 99%")]
    [InlineData(Good + ", colour: red", "unknown key 'colour'")]
    [InlineData(Good + ", calendar: mars", "calendar 'mars' is not in calendars/")]
    public void A_broken_clock_is_refused_with_file_line_and_rule(string clock, string rule) =>
        Refused("policies/p.yaml", $"id: p\nclocks:\n- {{id: x, {clock}}}\n", 3, rule);

    [Theory]
    [InlineData("effective: {from: soon}", "must be a date")]
    [InlineData("version: two", "whole number")]
    public void A_policy_that_cannot_be_judged_yet_is_refused(string line, string rule) =>
        Refused("policies/p.yaml", $"id: p\n{line}\nclocks:\n- {{id: x, {Good}}}\n", 2, rule);

    [Fact]
    public void A_department_with_a_calendar_that_does_not_exist_is_refused() =>
        Refused("departments.yaml", "- id: a\n  calendar: c\n", 2, "calendar 'c' is not in calendars/");

    [Fact]
    public void One_clock_twice_in_a_file_needs_conditions_to_choose_by() =>
        Refused("policies/p.yaml", $"id: p\nclocks:\n- {{id: x, {Good}}}\n- {{id: x, {Good}}}\n", 4, "stands in line 3 as well");

    [Fact]
    public void One_version_in_two_files_is_refused()
    {
        Write("policies/a.yaml", $"id: p\nclocks:\n- {{id: x, {Good}}}\n");
        Refused("policies/b.yaml", $"id: p\nclocks:\n- {{id: x, {Good}}}\n", 1, "version 1 of policy 'p' stands in a.yaml as well");
    }

    [Fact]
    public void A_file_with_another_ending_is_refused_not_overlooked() => Refused("policies/a.yml", "id: a\n", 0, "must be named *.yaml");

    [Fact]
    public void A_limit_that_its_calendar_does_not_reach_within_ten_years_is_refused()
    {
        Write("calendars/c.yaml", "id: c\ntime_zone: Asia/Shanghai\nweek: {mon: [\"09:00-10:00\"]}\n");
        Refused("policies/p.yaml", "id: p\ncalendar: c\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 600, unit: business_hour}}\n", 4, "within ten years");
    }

    [Fact]
    public void Nights_and_whole_days_that_touch_are_no_overlap()
    {
        Write("calendars/c.yaml", "id: c\ntime_zone: Asia/Shanghai\nweek: {fri: [\"22:00-06:00\"], sat: [\"06:00-12:00\", \"13:00-24:00\"], sun: [\"00:00-24:00\"]}\n");
        Write("departments.yaml", "- {id: a, calendar: c}\n");

        var calendar = PolicyFolder.Load(_folder, ReferenceData.Empty).CalendarOf("a");

        var friday = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        Assert.Equal((8 + 6 + 11 + 24) * 3_600_000L, calendar.Between(friday, friday + (7 * 86_400_000L)));
    }

    private void Refused(string file, string text, int line, string rule)
    {
        Write(file, text);

        var error = Assert.Throws<ReferenceDataException>(() => PolicyFolder.Load(_folder, ReferenceData.Empty));

        Assert.Equal((Path.Combine(_folder, file), (long)line), (error.File, error.Line));
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
