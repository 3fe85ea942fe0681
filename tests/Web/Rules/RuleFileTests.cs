using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Rules;

/// <summary><c>rules.yaml</c> is read whole or refused with file, line and rule.</summary>
public sealed class RuleFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opsmonitor-rules-");

    public void Dispose() => _folder.Delete(recursive: true);

    private RuleSet Load(string? yaml)
    {
        if (yaml is not null) File.WriteAllText(Path.Combine(_folder.FullName, "rules.yaml"), yaml);
        return PolicyFolder.Load(_folder.FullName, ReferenceData.Empty).Rules;
    }

    private static Rule Bulk(RuleSet rules, string? department) => rules.Of(RuleId.BulkComplaint, department);

    [Fact]
    public void Without_a_file_every_rule_is_on_with_the_numbers_of_the_specification()
    {
        var rules = Load(null);
        Assert.All(rules.Common, r => Assert.True(r.On));
        Assert.Equal((10, 60, 5, 3, 4), (Bulk(rules, null)[RuleNumber.Count], Bulk(rules, null)[RuleNumber.WithinMin], Bulk(rules, null)[RuleNumber.Least], Bulk(rules, null)[RuleNumber.Sigma], Bulk(rules, null)[RuleNumber.Weeks]));
        Assert.Equal((5, 20), (rules.Of(RuleId.AbandonRate, null)[RuleNumber.Percent], rules.Of(RuleId.AbandonRate, null)[RuleNumber.N]));
    }

    [Fact]
    public void A_department_has_its_own_and_the_rest_as_for_all()
    {
        var rules = Load("""
            rules:
              bulk_complaint: {count: 8, clear_below: 4}
              occupancy: off
              outside_flag: {flags: [regulator, minister], level: yellow, to: executive}
            departments:
              billing:
                bulk_complaint: {count: 6}
                occupancy: on
            """);
        Assert.Equal((8, 6, 4, 4), (Bulk(rules, "returns")[RuleNumber.Count], Bulk(rules, "billing")[RuleNumber.Count], Bulk(rules, "billing")[RuleNumber.ClearBelow], Bulk(rules, null)[RuleNumber.ClearBelow]));
        Assert.Equal((false, true), (rules.Of(RuleId.Occupancy, "returns").On, rules.Of(RuleId.Occupancy, "billing").On));
        var flag = rules.Of(RuleId.OutsideFlag, "billing");
        Assert.Equal((AlertLevel.Yellow, "executive", "regulator minister"), (flag.Level, flag.Ladder!.All[0].To, flag.Words.ToString()));
    }

    [Theory]
    [InlineData("rules:\n  bulk_complain: off", 2, "unknown key 'bulk_complain'")]
    [InlineData("rules:\n  bulk_complaint: {count: 1}", 2, "'count' must be a whole number from 2")]
    [InlineData("rules:\n  bulk_complaint:\n    count: 10\n    clear_below: 6", 4, "'clear_below' may be at most")]
    [InlineData("rules:\n  occupancy:\n    level: orange", 3, "'level' must be red or yellow")]
    [InlineData("rules:\n  occupancy: maybe", 2, "'occupancy' must be on, off")]
    [InlineData("rules:\n  longest_wait: {to: nobody}", 2, "'to' must be one of owner")]
    [InlineData("rules:\n  ping_pong_guard: {adjudicator: king}", 2, "'adjudicator' must be one of")]
    [InlineData("departments:\n  billing:\n    bulk_complaint: {percent: 3}", 3, "unknown key 'percent'")]
    [InlineData("departments: [billing]", 1, "'departments' must be a mapping")]
    public void A_file_with_an_error_is_refused_whole_with_file_line_and_rule(string yaml, long line, string rule)
    {
        var refused = Assert.Throws<ReferenceDataException>(() => Load(yaml));
        Assert.Contains("rules.yaml", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{line}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(rule, refused.Message, StringComparison.Ordinal);
    }
}
