using System.CommandLine;
using Microsoft.Data.Sqlite;
using OpsMonitor.Silo.Local.Vault;

namespace OpsMonitor.Web.Cli;

internal static class VaultCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder of the server", DefaultValueFactory = _ => "data" };
        var customer = new Option<string>("--customer") { Description = "the customer's reference, as events carry it", Required = true };
        var erase = new Command("erase", "Forget who a customer is, for good; the numbers stay as they are. A running server heeds it at once") { data, customer };
        erase.SetAction(parsed => CommandLine.Guard(() =>
        {
            var folder = parsed.GetValue(data)!;
            if (!File.Exists(Path.Combine(folder, "vault.db"))) return CommandLine.Fail($"--data: '{folder}' has no vault.db");
            try
            {
                using var vault = CustomerVault.Open(folder);
                Console.WriteLine(vault.Erase(parsed.GetValue(customer)!) ? "erased" : "nothing was kept of this customer");
                return 0;
            }
            catch (SqliteException e) { return CommandLine.Fail($"vault.db: {e.Message}"); }
        }));
        return new("vault", "Personal data of customers") { erase };
    }
}
