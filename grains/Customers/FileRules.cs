using OpsMonitor.Grains.Rules;

namespace OpsMonitor.Grains.Customers;

/// <summary>What customers' files are judged by. A record of values: as long as it is the same, what was judged stands.</summary>
/// <param name="WindowMs">look-back and look-forward of first-contact resolution</param>
/// <param name="PerIssue">only a contact about the same issue is a repeat</param>
/// <param name="Rules">null where no alerts are to be raised</param>
internal sealed record FileRules(long WindowMs, bool PerIssue, RuleSet? Rules)
{
    public bool Raises => Rules is { Any: true };
}
