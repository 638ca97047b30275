# Makes a population and a group in the environment.
#
# The provider builds its addresses from the two host names; both are Latchkey's, on port 443.

terraform {
  required_providers {
    pingone = {
      source = "pingidentity/pingone"
    }
  }
}

variable "environment_id" { type = string }
variable "client_id" { type = string }
variable "client_secret" {
  type      = string
  sensitive = true
}

provider "pingone" {
  client_id      = var.client_id
  client_secret  = var.client_secret
  environment_id = var.environment_id
  region_code    = "NA"

  service_endpoints {
    api_hostname  = "api.pingone.test"
    auth_hostname = "auth.pingone.test"
  }
}

resource "pingone_population" "staff" {
  environment_id = var.environment_id
  name           = "Staff"
}

resource "pingone_group" "sailors" {
  environment_id = var.environment_id
  name           = "Sailors"
  population_id  = pingone_population.staff.id
}
